# SPDX-License-Identifier: Apache-2.0
"""`--columnsN`: only these columns, in this order; `--decimals`: what decimals become."""
import re
import struct

import pytest

import arrow_file as af
from arrow_file import Array, Field, File, int_type, numbers, texts

PRINT = "def azureml_main(*frames):\n    for f in frames:\n        print(f.to_dict('list'))\n"
TABLE = [("a", int_type(32), numbers([1, 2], "i")), ("b,c", (af.UTF8, {}), texts(["x", "y"])),
         ("größe", (af.FLOAT, {0: af.Scalar("h", 2)}), numbers([0.5, None], "d")), ("a", int_type(8), numbers([7, 8], "b"))]


def write_arrow(path, table=TABLE, nested=False):
    fields, arrays = [Field(name, kind) for name, kind, _ in table], [array for _, _, array in table]
    if nested:
        fields.insert(0, Field("list", (12, {}), children=[Field("item", int_type(8))]))
        arrays[:0] = [Array(2, 0, [b"", struct.pack("<3i", 0, 0, 1)]), numbers([1], "b")]
    path.write_bytes(File(fields).batch(*arrays).bytes())
    return path


def seen(run):
    assert run.code == 0, run.stderr
    return run.script_out.splitlines()


def test_m_columns_of_an_arrow_file(quern, tmp_path):
    path = write_arrow(tmp_path / "t.arrow", nested=True)
    run = quern(PRINT, "--dataframe1", path, "--columns1", r"größe,b\,c", "--dataframe2", path, "--columns2=b\\,c")
    assert seen(run) == ["{'größe': [0.5, nan], 'b,c': ['x', 'y']}", "{'b,c': ['x', 'y']}"]
    assert [given["columns"] for given in run.job["inputs"]] == [2, 1]
    assert [given["cached"] for given in run.job["inputs"]] == [False, False]


def test_m_the_record_tells_what_became_of_each_column(served, tmp_path):
    table = [("n" * 300, int_type(32), numbers([1, None], "i")), ("s", (af.UTF8, {}), texts(["x", "y"])),
             *((f"c{i}", int_type(8), numbers([7, 8], "b")) for i in range(250))]
    path = write_arrow(tmp_path / "t.arrow", table)
    (tmp_path / "u.csv").write_text("a\n1\n")
    run = served(PRINT.replace("print", "len"), "--dataframe1", path, "--dataframe2", path, "--dataframe3", tmp_path / "u.csv")
    assert run.code == 0
    first, second, typed = run.job["inputs"]
    assert first["column_report"][:2] == [
        {"name": "n" * 255, "type": "double", "treatment": "converted", "bytes": 16,
         "why": "integers with missing values become double"},
        {"name": "s", "type": "string", "treatment": "materialised", "bytes": 26, "why": "a str in every row"}]
    assert len(first["column_report"]) == 200 and first["columns_left"] == 52
    assert second["column_report"] == first["column_report"] and second["columns_left"] == 52
    assert typed["column_report"] == [{"name": "a", "type": "int64", "treatment": "zero_copy", "bytes": 8,
                                       "why": "pandas holds these values as they are"}] and typed["columns_left"] == 0


SHARED = """import sys
def azureml_main(f):
    s = f["s"]
    print(s.dtype, s[0], s[0] is s[3000], s.isna().sum(), s.nunique(), f["u"][4999])
    f.loc[0, "s"] = "mine"
    return f
"""


def test_m_texts_that_repeat_themselves_are_one_object_each(served, tmp_path):
    table = [("s", (af.UTF8, {}), texts(["north", "south", None] * 1666 + ["east", "west"])),
             ("u", (af.UTF8, {}), texts([f"row {i}" for i in range(5000)]))]
    run = served(SHARED, "--dataframe1", write_arrow(tmp_path / "t.arrow", table))
    assert seen(run) == ["object north True 1666 4 row 4999"]
    assert [(column["type"], column["treatment"], column["why"]) for column in run.job["inputs"][0]["column_report"]] == [
        ("dictionary", "materialised", "few distinct texts: the rows share their objects"),
        ("string", "materialised", "a str in every row")]
    again = served(PRINT.replace("print(f.to_dict('list'))", "print(f.s[:3].tolist(), f.u[1])"), "--dataframe1",
                  run.out / "dataset1.arrow")
    assert seen(again) == ["['mine', 'south', nan] row 1"]


def test_m_a_name_that_several_columns_have_means_all_of_them(served, tmp_path):
    script = "def azureml_main(f):\n    print(list(f.columns), f.values.tolist())\n"
    run = served(script, "--columns", "a", "--dataframe1", write_arrow(tmp_path / "t.arrow"))
    assert seen(run) == ["['a', 'a'] [[1, 7], [2, 8]]"]


@pytest.mark.parametrize("name,separator", [("t.csv", ","), ("t.tsv", "\t")])
def test_m_columns_of_a_text_table(name, separator, served, tmp_path):
    lines = [["id", "word", "n"], ["001", "x", "1"], ["002", "y", ""]]
    (tmp_path / name).write_text("".join(separator.join(line) + "\n" for line in lines))
    run = served(PRINT, "--dataframe1", tmp_path / name, "--columns1", "n,id")
    assert seen(run) == ["{'n': [1.0, nan], 'id': [1, 2]}"]
    run = served(PRINT, "--dataframe1", tmp_path / name, "--columns1", "n,m")
    assert (run.code, run.job["reason"], run.job["message"]) == (
        1, "bad_input", f'{name}: there is no column "m"; the columns are "id", "word", "n"')


def test_m_a_column_that_is_not_there_fails_the_job_and_names_those_that_are(served, tmp_path):
    run = served(PRINT, "--dataframe1", write_arrow(tmp_path / "t.arrow"), "--columns1", "a,x")
    assert (run.code, run.job["reason"], run.job["error"]["details"][0]["code"]) == (1, "bad_input", "0049")
    assert run.job["message"] == 't.arrow: there is no column "x"; the columns are "a", "b,c", "größe", "a"'


@pytest.mark.parametrize("flags,message", [
    (["--columns2", "a"], "--columns2: there is no --dataframe2"),
    (["--columns1", "a,b,a"], "--columns1: 'a' was given twice"),
    (["--columns1", "a,,b"], "--columns1: expected a name between the commas, found none"),
    (["--columns1", ""], "--columns1: expected A,B,..., found ''"),
    (["--columns", "a", "--columns1", "b"], "--columns1 was given twice"),
    (["--decimals", "exact"], "--decimals: 'exact' is not one of float|text"),
])
def test_m_columns_that_make_no_sense_are_refused(flags, message, quern, tmp_path):
    run = quern(PRINT, "--dataframe1", write_arrow(tmp_path / "t.arrow"), *flags)
    assert run.code == 2 and message in run.stderr


def test_l_a_dataset_that_the_host_cannot_hold_is_refused_before_memory_is_taken(quern, tmp_path):
    """256 GiB of rows by what the file declares, in a file of 9 MB."""
    big = File([Field("big", int_type(64)), Field("none", (af.NULL, {}))])
    rows = 1 << 35
    big.batch(Array(rows, 0, [b"", b"x"]), Array(rows, rows, []), compress=lambda raw: af.promise(rows * 8))
    (tmp_path / "big.arrow").write_bytes(big.bytes())
    run = quern(PRINT, "--dataframe1", tmp_path / "big.arrow")
    assert (run.code, run.job["reason"]) == (137, "limit:memory")
    told = re.fullmatch(r"big\.arrow: the dataset needs (\d+) bytes of memory, this host has (\d+) available",
                        run.job["message"])
    assert int(told[1]) == rows * 8 and 0 < int(told[2]) < rows * 8


def test_m_decimals_are_doubles_with_a_warning_or_text(served, tmp_path):
    raw = b"".join(value.to_bytes(16, "little", signed=True) for value in (150, -12345678901234567890))
    path = write_arrow(tmp_path / "t.arrow", [("d", af.decimal_type(128, 2, 38), Array(2, 0, [b"", raw]))])
    run = served(PRINT, "--dataframe1", path)
    assert seen(run) == ["{'d': [1.5, -1.2345678901234568e+17]}"]
    assert run.job["warnings"] == [
        "t.arrow: column 'd': decimal became double; 1 value lost digits, which --decimals text keeps"]
    run = served(PRINT, "--dataframe1", path, "--decimals", "text")
    assert seen(run) == ["{'d': ['1.50', '-123456789012345678.90']}"] and run.job["warnings"] == []
