"""The benchmarks run, and their record can be read. No time is asserted."""
import json
import subprocess

import pytest
from fleet import ROOT

AREAS = ["codec", "dataset", "show", "frames", "fork", "dispatch", "pictures", "jail", "noop", "large", "queue", "store",
         "fleet"]
SOME_LABELS = {
    "codec": ["decode, libzstd alone", "decode, quern-codec", "decode, pyarrow, table", "encode, polars"],
    "dataset": ["double, random, decode, libzstd alone", "text, e-mail, decode, quern", "mixed, encode, quern",
                "double, random, decode, np.load(mmap)", "int32, decode, pd.read_feather", "int32, encode, polars"],
    "show": ["one of each: quern", "category of 40: DuckDB", "text, a million distinct: polars"],
    "frames": ["10 float64: map", "10 float64, np.load(mmap): sum", "text, all distinct, read_feather: map"],
    "fork": ["small pages: ready", "huge pages: job", "huge pages: end"],
    "dispatch": ["idle: wake-up", "idle: first line", "idle: expected", "busy: given", "busy: first line"],
    "pictures": ["join", "Pillow, level 1"],
    "jail": ["spawn, isolated, to its end", "idle: bare fork", "idle: + mounts", "busy: + seccomp", "busy: all together"],
    "noop": ["quern: whole", "python3 -c 'import pandas': whole", *(f"quern: step {name}" for name in (
        "claim", "load", "run", "collect", "publish"))],
    "large": ["quern: whole", "python3, read_feather, to_feather: whole"],
    "queue": ["1000 queued: claim, p50", "20000 queued: claim, p99", "20000 queued: submit, claim and complete"],
    "store": ["put, store", "put, hiredis alone", "get, store"],
    "fleet": ["empty: submit", "frame: load", "strings: run", "plot: publish", "empty: seen", "frame: fetch"],
}


def bench(*arguments):
    return subprocess.run([ROOT / "benchmarks" / "run", *arguments], capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """Output and results of one quick run over all areas."""
    results = tmp_path_factory.mktemp("bench") / "results.json"
    done = bench("--quick", "--results", results)
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(results.read_text())


def test_b_every_area_is_recorded(quick):
    assert list(quick[1]["areas"]) == AREAS
    assert quick[1]["quick"] is True
    assert quick[1]["machine"]["cores"] >= 1


@pytest.mark.parametrize("area", AREAS)
def test_b_rows_are_well_formed(quick, area):
    rows = quick[1]["areas"][area]["rows"]
    labels = {row["label"] for row in rows}
    assert set(SOME_LABELS[area]) <= labels
    for row in rows:
        assert row["unit"] in ("ms", "us", "cpu ms", "/s", "bytes")
        assert 0 <= row["p25"] <= row["median"] <= row["p99"]
        assert row["samples"] >= quick[1]["areas"][area]["rounds"]
        if "beside" in row:
            assert row["ratio"] > 0 and row["beside"] in labels


@pytest.mark.parametrize("area", AREAS)
def test_b_the_table_shows_every_row(quick, area):
    result = quick[1]["areas"][area]
    assert f"{area}: {result['title']}\n" in quick[0]
    for row in result["rows"]:
        assert f"  {row['label']} " in quick[0]


def test_b_codec_stands_beside_libzstd(quick):
    rows = {row["label"]: row for row in quick[1]["areas"]["codec"]["rows"]}
    assert rows["decode, quern-codec"]["beside"] == "decode, libzstd alone"
    assert "beside" not in rows["decode, libzstd alone"]


def test_b_one_area_alone(tmp_path):
    done = bench("jail", "--quick", "--results", tmp_path / "r.json")
    assert done.returncode == 0, done.stderr
    assert list(json.loads((tmp_path / "r.json").read_text())["areas"]) == ["jail"]


def test_b_unknown_area():
    done = bench("jial")
    assert done.returncode == 2
    assert done.stderr.endswith(f"run: error: expected areas among {' '.join(AREAS)}, found jial\n")


def test_b_rounds_start_at_one():
    done = bench("--rounds", "0")
    assert done.returncode == 2
    assert done.stderr.endswith("run: error: --rounds: expected a number from 1, found 0\n")


def test_b_a_measurer_that_fails_is_named(tmp_path):
    done = bench("noop", "--quick", "--programs", tmp_path, "--results", tmp_path / "r.json")
    assert done.returncode == 1
    assert "RuntimeError: jobs.py ended with code 1 in the middle of a round" in done.stderr
    assert not (tmp_path / "r.json").exists()
