# SPDX-License-Identifier: Apache-2.0
"""`quern dataset`: the verbs over a store of their own, with exact texts, and what `quern run` makes of a key."""
import hashlib
import json
import os
import pathlib
import re
import subprocess

import pandas as pd
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
QUERN = pathlib.Path(os.environ.get("QUERN_BIN", ROOT / "build/bin")).resolve() / "quern"
WRITERS = 8
CSV = "name,age,weight\nAda,36,50.5\nBob,,61\n\"x, \"\"y\"\"\",7,\n"


def arrow_of(home, name, text):
    """The CSV text as an Arrow file of our own making, `name` in `home`."""
    (home / f"{name}.csv").write_text(text)
    for words in [["put", f"{name}.csv", name], ["get", name, f"{name}.arrow"]]:
        subprocess.run([QUERN, "dataset", *words], cwd=home, env=environment(home), check=True, timeout=120,
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
                              timeout=120, stdin=subprocess.DEVNULL)
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
    assert desk("put", "small.arrow", "x", "--no-header") == (2, "", error(
        "--no-header: expected a .csv or .tsv file, found 'small.arrow'"))


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
    row = rf"  {version}  {f'{size / 1000:.1f} kB':>10}  \d{{4}}-\d\d-\d\d \d\d:\d\d\n"
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
     ['--store: store: expected file:/absolute/directory, found "s3://bucket"']),
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
        arrow_of(tmp_path, str(number), f"n\n{number}\n")
        assert desk("rm", str(number))[0] == 0
    versions = {version_of(tmp_path / f"{number}.arrow") for number in range(WRITERS)}
    assert len(versions) == WRITERS
    writers = [subprocess.Popen([QUERN, "dataset", "put", f"{number}.arrow", "one"], cwd=tmp_path,
                                env=environment(tmp_path), stdout=subprocess.DEVNULL) for number in range(WRITERS)]
    assert [writer.wait(120) for writer in writers] == [0] * WRITERS
    assert desk("get", "one", "won.arrow")[0] == 0
    assert version_of(tmp_path / "won.arrow") in versions
    assert [entry["version"] for entry in listed(desk)] == [version_of(tmp_path / "won.arrow")]
