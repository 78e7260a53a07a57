# SPDX-License-Identifier: Apache-2.0
"""`quern dataset`: the verbs over a store of their own, with exact texts, and what `quern run` makes of a key."""
import hashlib
import io
import json
import os
import random
import re
import subprocess

import jsonschema
import pandas as pd
import pytest
import scipy.io.arff

from arrow_file import Field, File, int_type, numbers
from fleet import PATIENCE_SECONDS, QUERN, ROOT

WRITERS = 8
PROFILE = jsonschema.Draft202012Validator(json.loads((ROOT / "schemas/profile.schema.json").read_text()))
CSV = "name,age,weight\nAda,36,50.5\nBob,,61\n\"x, \"\"y\"\"\",7,\n"


def arrow_of(home, name, text):
    """The CSV text as an Arrow file of our own making, `name` in `home`."""
    (home / f"{name}.csv").write_text(text)
    for words in [["put", f"{name}.csv", name], ["get", name, f"{name}.arrow"]]:
        subprocess.run([QUERN, "dataset", *words], cwd=home, env=environment(home), check=True, timeout=PATIENCE_SECONDS,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return (home / f"{name}.arrow").read_bytes()


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The bytes of an Arrow file with three rows of two columns."""
    return arrow_of(tmp_path_factory.mktemp("small"), "small", "a,b\n1,x\n2,\n3,z\n")


@pytest.fixture
def desk(tmp_path, small):
    """desk("ls") runs `quern dataset ls` in a directory with a few files -> (exit code, stdout, stderr)."""
    (tmp_path / "people.csv").write_text(CSV)
    (tmp_path / "small.arrow").write_bytes(small)

    def run(*words, verb="dataset"):
        command = [QUERN, *([verb] if verb else []), *words]
        done = subprocess.run(command, cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True,
                              timeout=PATIENCE_SECONDS, stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout, done.stderr

    return run


def environment(home):
    return {"PATH": os.environ["PATH"], "HOME": str(home), "XDG_DATA_HOME": str(home / "data"), "LC_ALL": "C.UTF-8",
            "TZ": "UTC"}


def version_of(path):
    return "sha256-" + hashlib.sha256(path.read_bytes()).hexdigest()


def error(*lines):
    return "error: " + "\n  ".join(lines) + "\n"


def listed(desk, *words):
    code, out, err = desk("ls", "--json", *words)
    assert (code, err) == (0, "")
    return [json.loads(line) for line in out.splitlines()]


def frame_of(desk, tmp_path, word):
    """What a script gets for --dataframe1 WORD: repr of the values and of the types."""
    (tmp_path / "tell.py").write_text("def azureml_main(f):\n    print(f.to_json(), dict(f.dtypes.astype(str)))\n")
    code, out, err = desk("tell.py", "--dataframe1", word, verb="run")
    assert code == 0, err
    return out


def told(frame):
    return f"{frame.to_json()} {dict(frame.dtypes.astype(str))}\n"


def test_b_arrow_is_stored_as_it_is(desk, tmp_path):
    version = version_of(tmp_path / "small.arrow")
    size = (tmp_path / "small.arrow").stat().st_size
    assert desk("put", "small.arrow", "small") == (0, f"small  3 × 2, {size / 1000:.1f} kB  {version[:19]}\n", "")
    assert desk("get", "small", "back.arrow") == (0, f"back.arrow  {size / 1000:.1f} kB\n", "")
    assert (tmp_path / "back.arrow").read_bytes() == (tmp_path / "small.arrow").read_bytes()
    assert [(row["key"], row["version"], row["bytes"]) for row in listed(desk)] == [("small", version, size)]


def test_b_csv_is_typed_and_stored_as_arrow(desk, tmp_path):
    code, out, err = desk("put", "people.csv", "people")
    assert (code, err) == (0, "") and out.startswith("people  3 × 3, ")
    assert frame_of(desk, tmp_path, "people") == told(pd.read_csv(tmp_path / "people.csv"))


def test_m_without_a_header_columns_are_counted(desk, tmp_path):
    (tmp_path / "rows.tsv").write_text("1\ta\n2\tb\n")
    code, out, err = desk("put", "rows.tsv", "rows", "--no-header")
    assert (code, err) == (0, "") and out.startswith("rows  2 × 2, ")
    assert frame_of(desk, tmp_path, "rows") == told(pd.DataFrame({"Col1": [1, 2], "Col2": ["a", "b"]}))
    for verb in ["head", "show"]:
        assert "Col2" in desk(verb, "rows.tsv", "--no-header")[1] and "Col2" not in desk(verb, "rows.tsv")[1]
        assert desk(verb, "rows", "--no-header") == (2, "", error(
            "--no-header: expected a .csv or .tsv file, found 'rows'"))
    assert desk("put", "small.arrow", "x", "--no-header") == (2, "", error(
        "--no-header: expected a .csv or .tsv file, found 'small.arrow'"))


def test_b_a_file_is_named_after_what_it_holds(desk, tmp_path):
    assert desk("put", "small.arrow", "small")[0] == 0
    for name in ["small.parquet", "small"]:
        assert desk("get", "small", name) == (2, "", error(
            f"FILE: expected a file called .arrow, .feather, .csv or .tsv, found '{name}'"))
        assert not (tmp_path / name).exists()


def test_b_a_key_is_no_file_name(desk):
    for verb, word in [("put", "small.arrow"), ("cp", "small")]:
        assert desk(verb, word, "old/small.arrow") == (2, "", error(
            "KEY: expected a key, found 'old/small.arrow', which every command would take for a file",
            "call it 'old/small'"))
    assert desk("put", "small.arrow", "~small") == (2, "", error(
        "KEY: expected a key, found '~small', which every command would take for a file"))
    assert listed(desk) == []


def test_b_utf_16_is_named(desk, tmp_path):
    for name, header in [("wide.csv", ""), ("wide.arff", "@relation x\n")]:
        (tmp_path / name).write_bytes((header + "a,b\n1,2\n").encode("utf-16"))
        assert desk("put", name, "wide") == (1, "", error(
            f"{name}: line 1, column 1: byte 0xff is not UTF-8 (of a UTF-16 file: iconv -f utf-16 -t utf-8)"))


def test_m_a_job_reads_tables_without_a_header(desk, tmp_path):
    (tmp_path / "rows.tsv").write_text("1\ta\n2\tb\n")
    (tmp_path / "rows.csv").write_text("3,4\n")
    (tmp_path / "tell.py").write_text("def azureml_main(a, b, c):\n    print([(list(f), len(f)) for f in (a, b, c)])\n")
    tables = ["--dataframe1", "rows.tsv", "--dataframe2", "small.arrow", "--dataframe3", "rows.csv"]
    code, out, _ = desk("run", "tell.py", *tables, "--no-header", verb=None)
    assert (code, out) == (0, "[(['Col1', 'Col2'], 2), (['a', 'b'], 3), (['Col1', 'Col2'], 1)]\n")
    code, out, _ = desk("run", "tell.py", *tables, verb=None)
    assert (code, out) == (0, "[(['1', 'a'], 1), (['a', 'b'], 3), (['3', '4'], 0)]\n")
    code, out, _ = desk("run", "tell.py", *tables, "--no-header", "--columns1", "Col2", verb=None)
    assert (code, out) == (0, "[(['Col2'], 2), (['a', 'b'], 3), (['Col1', 'Col2'], 1)]\n")
    for words in [[], ["--dataframe1", "small.arrow"]]:
        assert desk("run", "tell.py", *words, "--no-header", verb=None) == (2, "", error(
            "--no-header: expected a .csv or .tsv file, found none"))


ARFF = """% as Weka writes it
@relation 'a weather report'
@attribute outlook {sunny, 'over cast', rainy}
@attribute temperature real
@attribute day date yyyy-MM-dd
@attribute note string
@attribute number integer
@data
sunny, 85, 2024-02-29, 'it\\'s, "hot"', 1
'over cast', ?, ?, ?, 2
"""


def test_b_arff_is_stored_as_arrow(desk, tmp_path):
    (tmp_path / "weather.arff").write_text(ARFF)
    code, out, err = desk("put", "weather.arff", "weather")
    assert (code, err) == (0, "") and out.startswith("weather  2 × 5, ")
    frame = pd.DataFrame({"outlook": pd.Categorical(["sunny", "over cast"], ["sunny", "over cast", "rainy"]),
                          "temperature": [85.0, float("nan")], "day": pd.to_datetime(["2024-02-29", None]),
                          "note": ['it\'s, "hot"', None], "number": [1, 2]})
    for word in ["weather", "weather.arff"]:
        assert frame_of(desk, tmp_path, word) == told(frame)
    (tmp_path / "rain.arff").write_text(ARFF + "snow, 1, 2024-02-29, x, 3\n")
    assert desk("put", "rain.arff", "weather") == (1, "", error(
        "rain.arff: line 11, column 1: attribute 'outlook': expected one of its 3 values, found 'snow'"))
    assert desk("put", "rain.arff", "x", "--no-header") == (2, "", error(
        "--no-header: expected a .csv or .tsv file, found 'rain.arff'"))
    assert desk("get", "weather", "back.arff") == (2, "", error(
        "FILE: ARFF is read but not written: expected a file called .arrow, .feather, .csv or .tsv, found 'back.arff'"))


def random_arff(dice, rows):
    """A file of numbers, nominal values and dates, some missing, in various spellings that scipy knows."""
    labels = ["plain", '"two words"', "x-1"]
    lines = ["@relation dice", "@attribute n numeric", "@ATTRIBUTE 'r r' REAL", "@attribute c {plain, 'two words', x-1}",
             "@attribute d date 'yyyy-MM-dd HH:mm'", "", "@data"]
    for _ in range(rows):
        number = dice.choice(["?", repr(dice.uniform(-1e6, 1e6)), repr(dice.gauss(0, 1) * 10.0**dice.randint(-300, 300)),
                              str(dice.randint(-10**18, 10**18)), f"{dice.random():.3f}", "-0.0", "1e5", ".5"])
        day = f'"{dice.randint(1970, 2100):04}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02} {dice.randint(0, 23):02}:05"'
        lines.append(",".join([number, str(dice.random()), dice.choice(["?", *labels]), dice.choice(["?", day])]))
    return "\n".join(lines) + "\n"


def test_m_arff_has_the_values_that_scipy_reads(desk, tmp_path):
    text = random_arff(random.Random(7), 500)
    (tmp_path / "dice.arff").write_text(text)
    rows, meta = scipy.io.arff.loadarff(io.StringIO(text))
    code, out, err = desk("put", "dice.arff", "dice")
    assert (code, err) == (0, "")
    assert desk("get", "dice", "dice.csv")[0] == 0
    made = pd.read_csv(tmp_path / "dice.csv", float_precision="round_trip", parse_dates=["d"])
    wanted = pd.DataFrame(rows)
    wanted["c"] = wanted["c"].str.decode("utf-8").replace("?", None)
    assert list(made.columns) == list(meta.names()) and meta["c"][1] == ("plain", "two words", "x-1")
    pd.testing.assert_frame_equal(made, wanted, check_exact=True, check_dtype=False)


def test_b_a_key_is_an_input_of_a_run(desk, tmp_path):
    assert desk("put", "people.csv", "clinic/people", "--store", f"file:{tmp_path}/other")[0] == 0
    assert desk("put", "people.csv", "clinic/people")[0] == 0
    (tmp_path / "count.py").write_text("def azureml_main(people):\n    print(len(people), people.columns[2])\n")
    for store in [[], ["--store", f"file:{tmp_path}/other"]]:
        code, out, err = desk("count.py", "--dataframe1", "clinic/people", *store, verb="run")
        assert (code, out) == (0, "3 weight\n"), err
    code, out, err = desk("count.py", "--dataframe1", "clinic/peple", verb="run")
    assert (code, out, err) == (3, "", error(
        "--dataframe1: there is no dataset 'clinic/peple' in the store", "did you mean 'clinic/people'?",
        "a file is written with a path: ./clinic/peple"))


def test_b_cp_ls_and_rm(desk, tmp_path):
    assert desk("ls") == (0, "", "the store is empty: quern dataset put FILE KEY\n")
    assert not (tmp_path / "data").exists()
    assert desk("put", "small.arrow", "small")[0] == 0
    version, size = version_of(tmp_path / "small.arrow")[:19], (tmp_path / "small.arrow").stat().st_size
    assert desk("cp", "small", "old/small") == (0, f"old/small  {size / 1000:.1f} kB  {version}\n", "")
    code, out, err = desk("ls")
    assert (code, err) == (0, "")
    row = rf"  dataset  {version}  {f'{size / 1000:.1f} kB':>10}  \d{{4}}-\d\d-\d\d \d\d:\d\d\n"
    assert re.fullmatch(f"old/small{row}small    {row}", out)
    assert [entry["key"] for entry in listed(desk, "old/")] == ["old/small"]
    assert desk("ls", "older") == (0, "", "no key begins so\n")
    assert desk("rm", "small") == (0, "removed small; its bytes stay in the store until they are collected\n", "")
    assert [entry["key"] for entry in listed(desk)] == ["old/small"]
    assert desk("get", "old/small", "back.arrow")[0] == 0


@pytest.mark.parametrize("words", [["rm", "smal"], ["get", "smal", "x.arrow"], ["cp", "smal", "b"]])
def test_b_no_such_key_is_3_and_names_the_nearest(desk, tmp_path, words):
    assert desk("put", "small.arrow", "small")[0] == 0
    assert desk(*words) == (3, "", error("KEY: there is no dataset 'smal' in the store", "did you mean 'small'?"))
    assert not (tmp_path / "x.arrow").exists()


@pytest.mark.parametrize("words, lines", [
    (["put", "smal.arrow", "a"], ["FILE: there is no file 'smal.arrow'", "did you mean 'small.arrow'?"]),
    (["put", "small.arrow", "a//b"],
     ['KEY: key "a//b": expected parts of 1 to 255 bytes between `/`, found an empty one']),
    (["cp", "small", "../b"], ['KEY: key "../b": expected no part `.` or `..`, found one']),
    (["ls", "--store", "s3://bucket"],
     ['--store: store: expected file:/absolute/directory, redis://HOST or redis+unix:/PATH, found "s3://bucket"']),
])
def test_b_usage(desk, words, lines):
    assert desk(*words) == (2, "", error(*lines))


def test_f_what_is_no_dataset_is_not_stored(desk, tmp_path):
    (tmp_path / "bad.arrow").write_bytes((tmp_path / "small.arrow").read_bytes()[:-9])
    code, out, err = desk("put", "bad.arrow", "bad")
    assert (code, out) == (1, "") and err.startswith("error: bad.arrow: ")
    (tmp_path / "empty.csv").write_text("")
    assert desk("put", "empty.csv", "bad") == (
        1, "", error("empty.csv: the file is empty: expected a header line"))
    (tmp_path / "nul.csv").write_bytes(b"name,age\nAda,3\x006\n")
    assert desk("put", "nul.csv", "bad") == (1, "", error("nul.csv: line 2, column 6: a NUL byte, which no text has"))
    (tmp_path / "long.tsv").write_bytes(b"x" * 65537 + b"\ty\n1\t2\n")
    assert desk("put", "long.tsv", "bad") == (
        1, "", error("long.tsv: line 1, column 1: the name of column 1 has more than 65536 bytes"))
    assert listed(desk) == []


def test_l_typing_has_a_limit_of_memory(desk, tmp_path):
    (tmp_path / "wide.csv").write_text("a,b,c\n" + "".join(f"{i},{i * 7},text{i}\n" for i in range(1_500_000)))
    assert desk("put", "wide.csv", "wide", "--memory", "64M") == (
        137, "", error("the script needed more than its memory limit of 64 MiB: wide.csv, while pandas typed it (--memory "
                       "gives more)"))
    assert listed(desk) == []


def test_b_get_replaces_a_file_whole_and_no_directory(desk, tmp_path):
    (tmp_path / "there.arrow").write_text("old")
    (tmp_path / "dir.arrow").mkdir()
    assert desk("put", "small.arrow", "small")[0] == 0
    assert desk("get", "small", "there.arrow")[0] == 0
    assert (tmp_path / "there.arrow").read_bytes() == (tmp_path / "small.arrow").read_bytes()
    assert desk("get", "small", "dir.arrow") == (2, "", error(
        "FILE: .//dir.arrow: expected a file or nothing, found a directory"))


def test_c_of_eight_writers_of_one_key_one_wins_whole(desk, tmp_path):
    for number in range(WRITERS):
        (tmp_path / f"{number}.arrow").write_bytes(File([Field("n", int_type(64))]).batch(numbers([number], "q")).bytes())
    versions = {version_of(tmp_path / f"{number}.arrow") for number in range(WRITERS)}
    assert len(versions) == WRITERS
    writers = [subprocess.Popen([QUERN, "dataset", "put", f"{number}.arrow", "one"], cwd=tmp_path,
                                env=environment(tmp_path), stdout=subprocess.DEVNULL) for number in range(WRITERS)]
    assert [writer.wait(PATIENCE_SECONDS) for writer in writers] == [0] * WRITERS
    assert desk("get", "one", "won.arrow")[0] == 0
    assert version_of(tmp_path / "won.arrow") in versions
    assert [entry["version"] for entry in listed(desk)] == [version_of(tmp_path / "won.arrow")]


def test_b_head_is_the_box_that_run_shows(desk):
    assert desk("put", "people.csv", "people")[0] == 0
    expected = """\
┌────────┬────────┬────────┐
│  name  │  age   │ weight │
│ string │ double │ double │
├────────┼────────┼────────┤
│ Ada    │     36 │   50.5 │
│ Bob    │      ∅ │   61   │
└────────┴────────┴────────┘
2 of 3 rows, 3 columns
"""
    for words in [["people", "-n", "2"], ["people.csv", "-n2"], ["people", "--rows=2"]]:
        assert desk("head", *words) == (0, expected, "")
    assert desk("head", "people")[1].endswith("\n3 rows × 3 columns\n")


@pytest.mark.parametrize("count", ["0", "1001", "x", "", "-1"])
def test_b_head_takes_1_to_1000_rows(desk, count):
    assert desk("head", "people.csv", "-n", count) == (2, "", error(f"-n: expected 1 to 1000, found '{count}'"))


def test_b_show_is_a_row_per_column(desk):
    assert desk("show", "people.csv") == (0, """\
┌────────┬────────┬─────────┬──────┬────────┬───────┬──────────┬───────────┬──────────────┬──────────┐
│ column │  type  │ missing │ min  │  max   │ mean  │ distinct │ histogram │  in memory   │  bytes   │
├────────┼────────┼─────────┼──────┼────────┼───────┼──────────┼───────────┼──────────────┼──────────┤
│ name   │ string │       0 │ Ada  │ x, "y" │     ∅ │        3 │           │ materialised │ 44 bytes │
│ age    │ double │       1 │ 7    │ 36     │ 21.5  │        2 │ █      █  │ zero_copy    │ 24 bytes │
│ weight │ double │       1 │ 50.5 │ 61     │ 55.75 │        2 │ █      █  │ zero_copy    │ 24 bytes │
└────────┴────────┴─────────┴──────┴────────┴───────┴──────────┴───────────┴──────────────┴──────────┘
3 rows × 3 columns
""", "")


MANY = """
import datetime
import numpy as np, pandas as pd

def azureml_main():
    n = 30000
    row = np.arange(n)
    frame = pd.DataFrame({
        "i8": (row % 7 - 3).astype("i1"), "u64": row.astype("u8") + np.uint64(2**63), "many": row, "few": row % 10000,
        "f4": (row / 4).astype("f4"), "nan": np.where(row % 3 == 0, np.nan, row * 0.5), "inf": np.where(row == 5, np.inf, row * 1.0),
        "bool": row % 4 == 0, "text": [None if i % 5 == 0 else f"t{i % 11}" for i in row],
        "time": pd.to_datetime(row * 86400, unit="s"), "void": np.full(n, np.nan), "half": (row % 100 / 4).astype("f2"),
        "span": pd.to_timedelta(np.where(row % 2 == 0, row * 10**9, -86400 * 10**9), unit="ns"),
        "day": [None if i % 3 == 0 else datetime.time(i % 24, 30) for i in row]})
    frame["plain"] = pd.Categorical([f"c{i % 3}" for i in row], categories=["c9", "c2", "c1", "c0"])
    frame["order"] = pd.Categorical(["low" if i % 2 else None for i in row], categories=["low", "high"], ordered=True)
    return frame, frame.iloc[:0], frame[[]]
"""


@pytest.fixture
def shown(desk, tmp_path):
    """shown("dataset1") -> what `show --json` says of an output of MANY."""
    (tmp_path / "many.py").write_text(MANY)
    code, out, err = desk("many.py", "-o", "out", verb="run")
    assert code == 0, err

    def show(name):
        code, out, err = desk("show", f"out/{name}.arrow", "--json")
        assert (code, err) == (0, "")
        profile = json.loads(out)
        PROFILE.validate(profile)
        return profile

    return show


def test_m_a_profile_agrees_with_pandas(shown):
    space = {}
    exec(MANY, space)
    frame = space["azureml_main"]()[0]
    profile = shown("dataset1")
    assert profile["rows"] == len(frame)
    columns = {column["name"]: column for column in profile["columns"]}
    assert list(columns) == list(frame.columns)
    for name, column in columns.items():
        series = frame[name]
        assert column["nulls"] == series.isna().sum(), name
        unique = series.nunique()
        assert (column["distinct"], column["distinct_more"]) == (min(unique, 10000), unique > 10000), name
        if "histogram" in column:
            assert sum(column["histogram"]) == series.notna().sum(), name
    for name in ["i8", "many", "few", "f4", "nan", "bool", "half"]:
        assert float(columns[name]["mean"]) == pytest.approx(float(frame[name].astype("f8").mean()), rel=1e-5), name
    for name in ["i8", "u64", "many", "few", "text", "bool"]:
        present = frame[name].dropna()
        assert (columns[name]["min"], columns[name]["max"]) == (str(present.min()), str(present.max())), name
    assert columns["few"]["histogram"] == list(pd.cut(frame["few"], 16, labels=False).value_counts(sort=False)
                                               .sort_index())
    assert columns["bool"]["histogram"] == [22500, 7500]
    assert {name: columns[name]["treatment"] for name in ["f4", "bool", "text", "day"]} == {
        "f4": "zero_copy", "bool": "expanded", "text": "materialised", "day": "materialised"}
    assert columns["f4"]["bytes"] == 120000 and columns["bool"]["why"] == "pandas holds bools as bytes, Arrow as bits"


def test_m_the_schema_of_a_profile_refuses_what_is_none(shown):
    PROFILE.check_schema(PROFILE.schema)
    good = shown("dataset1")
    where = {column["name"]: number for number, column in enumerate(good["columns"])}
    for name, changes in {"i8": {"min": 3}, "many": {"distinct": 9999}, "plain": {"type": "dictionary", "values": "float16"},
                          "f4": {"treatment": "copied"}, "time": {"unit": None}, "few": {"histogram": [1]}, "bool": {"nulls": -1}}.items():
        bad = json.loads(json.dumps(good))
        bad["columns"][where[name]].update(changes)
        assert not PROFILE.is_valid(bad), name
    assert not PROFILE.is_valid({"rows": 1})


def test_m_what_has_no_range_has_none(shown):
    columns = {column["name"]: column for column in shown("dataset1")["columns"]}
    void = columns["void"]
    assert (void["min"], void["max"], void["mean"], void["distinct"]) == (None, None, None, 0)
    assert "histogram" not in void and "histogram" not in columns["inf"] and "histogram" not in columns["text"]
    assert (columns["inf"]["max"], columns["inf"]["mean"]) == ("inf", "inf")
    assert (columns["time"]["min"], columns["time"]["unit"]) == ("1970-01-01T00:00:00", "ns")
    assert (columns["day"]["min"], columns["day"]["max"], columns["day"]["mean"]) == ("01:30:00", "23:30:00", None)
    assert (columns["span"]["min"], columns["span"]["max"]) == ("-1 days 00:00:00", "08:19:58")
    assert columns["span"]["mean"] == "-1 days 14:04:59.5"
    assert columns["time"]["mean"] is None and sum(columns["time"]["histogram"]) == 30000
    assert (columns["plain"]["min"], columns["plain"]["max"], columns["plain"]["distinct"]) == ("c0", "c2", 3)
    assert (columns["order"]["min"], columns["order"]["max"], columns["order"]["nulls"]) == ("low", "low", 15000)


def test_l_nothing_to_show_is_shown(shown, desk):
    empty = shown("dataset2")
    assert empty["rows"] == 0 and len(empty["columns"]) == 16
    assert all(column["distinct"] == 0 and column["min"] is None for column in empty["columns"])
    assert shown("output3")["columns"] == []
    assert desk("show", "out/output3.arrow")[1] == "30,000 rows × 0 columns\n"
    assert desk("head", "out/output3.arrow")[0] == 0


@pytest.mark.parametrize("verb", ["head", "show"])
def test_b_a_look_at_what_is_not_there(desk, verb):
    assert desk(verb, "patients") == (3, "", error("KEY|FILE: there is no dataset 'patients' in the store",
                                                   "a file is written with a path: ./patients"))
    assert desk(verb, "smal.arrow") == (2, "", error("KEY|FILE: there is no file 'smal.arrow'",
                                                     "did you mean 'small.arrow'?"))


TEXTS = """
import numpy as np, pandas as pd

def azureml_main():
    n = 500
    random = np.random.default_rng(7)
    bits = random.integers(0, 2**63, n, dtype="u8").view("f8")
    frame = pd.DataFrame({
        "i8": (np.arange(n) % 255 - 127).astype("i1"), "u64": random.integers(2**63, 2**64 - 1, n, dtype="u8"),
        "f8": np.where(np.isfinite(bits), bits, 0.1), "f4": random.normal(size=n).astype("f4"),
        "gap": np.where(np.arange(n) % 3 == 0, np.nan, np.arange(n) / 3), "whole": np.arange(n) * 1e6,
        "bool": np.arange(n) % 2 == 0, "a, b": [None if i % 5 == 0 else f'x"{i}",\\n\\t;' for i in range(n)],
        "time": pd.to_datetime(random.integers(-10**18, 10**18, n), unit="ns")})
    frame["kind"] = pd.Categorical([None if i % 4 == 0 else f"c{i % 3}" for i in range(n)])
    return frame, pd.DataFrame({"only": [1.0, np.nan, 2.0]})
"""


@pytest.mark.parametrize("suffix, separator", [("csv", ","), ("tsv", "\t")])
def test_m_a_text_table_has_the_same_values(desk, tmp_path, suffix, separator):
    (tmp_path / "texts.py").write_text(TEXTS)
    space = {}
    exec(TEXTS, space)
    frames = space["azureml_main"]()
    assert desk("texts.py", "-o", "out", verb="run")[0] == 0
    for name, frame in zip(["dataset1", "dataset2"], frames):
        assert desk("put", f"out/{name}.arrow", name)[0] == 0
        code, out, err = desk("get", name, f"back.{suffix}")
        size = (tmp_path / f"back.{suffix}").stat().st_size
        assert (code, err) == (0, "") and out == (
            f"back.{suffix}  {size} bytes\n" if size < 1000 else f"back.{suffix}  {size / 1000:.1f} kB\n")
        dates = [column for column in frame if column == "time"]
        types = {column: frame[column].dtype for column in frame if frame[column].dtype.kind in "iuf"}
        back = pd.read_csv(tmp_path / f"back.{suffix}", sep=separator, parse_dates=dates, dtype=types,
                           float_precision="round_trip")
        plain = frame.astype({column: object for column in frame if str(frame[column].dtype) == "category"})
        pd.testing.assert_frame_equal(back, plain, check_exact=True)


def test_b_text_tables_quote_what_they_must(desk, tmp_path):
    assert desk("put", "people.csv", "people")[0] == 0
    assert desk("get", "people", "back.tsv")[0] == 0
    assert (tmp_path / "back.tsv").read_text() == (
        'name\tage\tweight\nAda\t36.0\t50.5\nBob\t\t61.0\n"x, ""y"""\t7.0\t\n')
    assert desk("get", "people", "back.csv")[0] == 0
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "back.csv"), pd.read_csv(tmp_path / "people.csv"))
