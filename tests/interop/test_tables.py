# SPDX-License-Identifier: Apache-2.0
"""Tables of pyarrow and frames of polars: what a script returns, and what its parameters are annotated with."""
import json
import sys
import zipfile

import pyarrow as pa
import pyarrow.ipc as ipc
import pytest

import kinds
from conftest import run_in, write
from test_million import type_back
from test_values import as_double, plain

LIBRARIES = {"pyarrow": list(kinds.BY_NAME), "polars": [*kinds.POLARS, "categorical", "enum"]}
READ = {"pyarrow": "import pyarrow.ipc\ndef read(path):\n    return pyarrow.ipc.open_file(path).read_all()\n",
        "polars": "import polars\ndef read(path):\n    return polars.read_ipc(path)\n"}
SCRIPT = """
import glob, os
def azureml_main():
    return {os.path.basename(path)[:-6]: read(path) for path in glob.glob("Script Bundle/*.arrow")}
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """environment(script, *words) -> directory of the outputs, of a job that has pyarrow, polars and pandas 3."""
    def run(script, *words):
        done, out = run_in(sys.executable, tmp_path_factory.mktemp("job"), script, *words)
        assert done.returncode == 0, done.stderr
        return out
    return run


def read(path):
    table = ipc.open_file(path).read_all()
    table.validate(full=True)
    return table


@pytest.fixture(scope="module", params=READ)
def returned(request, environment, tmp_path_factory):
    """{(library, pattern): (the table that the script returned, the one that was published)}"""
    directory = tmp_path_factory.mktemp("bundle")
    before = {}
    with zipfile.ZipFile(directory / "bundle.zip", "w") as bundle:
        for number, pattern in enumerate(kinds.PATTERNS):
            path = directory / f"t{number}.arrow"
            if request.param == "polars":
                kinds.polars_frame(pattern).write_ipc(path)
            else:
                write(kinds.table(pattern), path, "zstd", kinds.PATTERNS[pattern][2])
            bundle.write(path, path.name)
            before[pattern] = read(path)
    out = environment(READ[request.param] + SCRIPT, "--bundle", directory / "bundle.zip")
    return {pattern: (before[pattern], read(out / f"t{number}.arrow")) for number, pattern in enumerate(kinds.PATTERNS)}


def values_of(column, kind):
    values = plain(column)
    before = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    return as_double(values) if pa.types.is_floating(kind) and not pa.types.is_floating(before) else values


def assert_equal(before, after):
    """The same columns with the same values, and as many missing ones."""
    assert after.column_names == before.column_names and after.num_rows == before.num_rows
    for name in before.column_names:
        assert plain(after[name]) == values_of(before[name], after[name].type), name
        assert after[name].null_count == before[name].null_count, name


@pytest.mark.parametrize("pattern", kinds.PATTERNS)
def test_b_values_and_missing_ones_are_published(returned, pattern):
    assert_equal(*returned[pattern])


@pytest.mark.parametrize("pattern", kinds.PATTERNS)
def test_m_types_are_those_of_datasets(returned, pattern):
    """Without pandas between: a column of missing ones keeps its type, times keep their unit."""
    before, after = returned[pattern]
    for name in before.column_names:
        kind, made = before[name].type, after[name].type
        if pa.types.is_dictionary(kind):
            assert made == pa.dictionary(pa.int8(), type_back(kind.value_type, False, 3), kind.ordered), name
        elif pa.types.is_integer(kind) or kind == pa.null():
            assert made == kind, name
        else:
            assert made == type_back(kind, before[name].null_count > 0, 3), name


MIXED = """
import pandas as pd, polars as pl, pyarrow as pa
def azureml_main():
    table, frame = pa.table({"a": [1, 2], "b": ["x", None]}), pl.DataFrame({"a": [1, 2], "b": ["x", None]})
    twice = pa.table([[1], [2]], names=["a", "a"])
    runs = pa.table({"a": [1, 2], "b": pa.RunEndEncodedArray.from_arrays([1, 2], ["x", None])})
    return {"table": table, "runs": runs, "batch": table.to_batches()[0], "reader": table.to_reader(), "array": table["b"].chunk(0),
            "chunked": table["b"], "frame": frame, "lazy": frame.lazy(), "series": frame["b"], "twice": twice,
            "pandas": pd.DataFrame({"a": [1, 2], "b": ["x", None]})}
"""


def test_b_whatever_holds_a_table(environment):
    out = environment(MIXED)
    whole = {"a": [1, 2], "b": ["x", None]}
    found = {path.stem: read(path).to_pydict() for path in out.glob("*.arrow")}
    assert found == {**dict.fromkeys(["table", "runs", "batch", "reader", "frame", "lazy", "pandas"], whole),
                     **dict.fromkeys(["array", "chunked", "series"], {"column": ["x", None]}),
                     "twice": {"a": [1], "a (2)": [2]}}


def test_r_dictionaries_that_differ_from_batch_to_batch(environment):
    out = environment("""
import pyarrow as pa
def azureml_main():
    def both(first, second, kind):
        return pa.chunked_array([pa.array(words, kind).dictionary_encode() for words in (first, second)])
    return pa.table({"text": both(["a", None], ["b", "a"], pa.utf8()), "half": both([1.5, None], [2.5, 1.5], pa.float16())})
""")
    assert read(out / "dataset1.arrow").to_pydict() == {"text": ["a", None, "b", "a"], "half": [1.5, None, 2.5, 1.5]}


@pytest.mark.parametrize("sequence", ["one, two", "[one, two]"])
def test_b_sequences_of_tables_are_outputs(environment, sequence):
    out = environment("import polars as pl, pyarrow as pa\ndef azureml_main():\n"
                      f"    one, two = pl.DataFrame({{'a': [1]}}), pa.table({{'b': [2]}})\n    return {sequence}\n")
    assert [read(out / f"dataset{i}.arrow").to_pydict() for i in (1, 2)] == [{"a": [1]}, {"b": [2]}]


def test_m_what_datasets_do_not_have_is_said(environment):
    out = environment("""
import polars as pl, pyarrow as pa, decimal
def azureml_main():
    return {"nested": pl.DataFrame({"l": [[1], None], "s": [{"a": 1}, None], "o": pl.Series([1j, None], dtype=pl.Object)}),
            "list": pa.table({"l": [[1], None], "digits": [decimal.Decimal("0.12345678901234567890"), None]})}
""")
    assert read(out / "nested.arrow").to_pydict() == {"l": ["[1]", None], "s": ['{"a": 1}', None], "o": ["1j", None]}
    assert read(out / "list.arrow").to_pydict() == {"l": ["[1]", None], "digits": [0.12345678901234568, None]}
    assert json.loads((out / "job.json").read_text())["warnings"] == [
        "nested: column 'l': list or dict is stored as JSON text",
        "nested: column 's': list or dict is stored as JSON text",
        "nested: column 'o': object is stored as text",
        "list: column 'l': list or dict is stored as JSON text",
        "list: column 'digits': decimal became double; 1 value lost digits"]


def test_m_a_type_that_is_refused_names_its_column(tmp_path):
    done, out = run_in(sys.executable, tmp_path / "job", """
import pyarrow as pa
def azureml_main():
    return pa.table({"between": pa.array([None], pa.month_day_nano_interval())})
""")
    assert done.returncode == 1
    job = json.loads((out / "job.json").read_text())
    assert job["reason"] == "bad_result"
    assert job["message"].startswith('column "between": interval is not supported by datasets; as text: python3 -c ')


# ---- inputs ----


LENT = """
import json, pyarrow as pa
def azureml_main(*frames: {annotation}):
    print(json.dumps([type(frame).__module__.split(".")[0] + "." + type(frame).__name__ for frame in frames]))
    return {{f"table{{i}}": frame for i, frame in enumerate(frames)}}
"""


@pytest.fixture(scope="module", params=["pyarrow.Table", "polars.DataFrame", "pandas.DataFrame"])
def lent(request, environment, tmp_path_factory):
    """{pattern: (the file, what a script returned that got it as such a table)}"""
    directory = tmp_path_factory.mktemp("files")
    words = []
    for number, pattern in enumerate(kinds.PATTERNS):
        write(kinds.table(pattern), directory / f"t{number}.arrow", "zstd", kinds.PATTERNS[pattern][2])
        words += [f"--dataframe{number + 1}", directory / f"t{number}.arrow"]
    out = environment(LENT.format(annotation=repr(request.param)), *words)
    assert json.loads((out / "stdout.txt").read_text()) == [request.param] * len(kinds.PATTERNS)
    return {pattern: (read(directory / f"t{number}.arrow"), read(out / f"table{number}.arrow"))
            for number, pattern in enumerate(kinds.PATTERNS)}


@pytest.mark.parametrize("pattern", kinds.PATTERNS)
def test_b_lent_values_and_missing_ones_are_equal(lent, pattern):
    assert_equal(*lent[pattern])


WHERE = """
def is_view(address, bytes):
    with open("/proc/self/maps") as maps:
        ranges = [line.split()[0].split("-") for line in maps if "quern-segment" in line]
    return any(int(begin, 16) <= address and address + bytes <= int(end, 16) for begin, end in ranges)
"""


def test_l_lent_memory_is_shared_text_too(environment, tmp_path):
    write(pa.table({"n": list(range(1000)), "s": ["word", None, "größe", "x" * 30] * 250,
                    "c": pa.array(["a", None] * 500).dictionary_encode()}), tmp_path / "t.arrow")
    out = environment(WHERE + """
import json, pyarrow as pa
def azureml_main(table: pa.Table):
    buffers = [*table["n"].chunk(0).buffers(), *table["s"].chunk(0).buffers(), table["c"].chunk(0).indices.buffers()[1]]
    print(json.dumps([buffer and is_view(buffer.address, buffer.size) for buffer in buffers]))
""", "--dataframe1", tmp_path / "t.arrow")
    assert json.loads((out / "stdout.txt").read_text()) == [None, True, True, True, True, True]


def test_l_text_of_pandas_3_is_shared_where_pyarrow_is(environment, tmp_path):
    write(pa.table({"s": ["word", None, "größe", "x" * 30] * 250}), tmp_path / "t.arrow")
    out = environment(WHERE + """
import json
def azureml_main(df):
    buffers = df["s"].array.__arrow_array__().chunk(0).buffers()
    df.loc[1, "s"] = "new"
    print(json.dumps([str(df["s"].dtype), *(is_view(buffer.address, buffer.size) for buffer in buffers)]))
    return df
""", "--dataframe1", tmp_path / "t.arrow")
    assert json.loads((out / "stdout.txt").read_text()) == ["str", True, True, True]
    assert read(out / "dataset1.arrow")["s"].to_pylist() == ["word", "new", "größe", "x" * 30] + ["word", None, "größe", "x" * 30] * 249


def test_m_annotations_choose_per_parameter(environment, tmp_path):
    write(pa.table({"a": [1, 2]}), tmp_path / "t.arrow")
    out = environment("""
from __future__ import annotations
from typing import Optional
import numpy as np, pandas, polars as pl
def azureml_main(a: pl.LazyFrame, b: Optional[pl.DataFrame], c: np.ndarray, d: pandas.DataFrame, e, f: "pa.Table", g: nonsense,
                 h: pl.DataFrame = None):
    print(*(f"{type(one).__module__.split('.')[0]}.{type(one).__name__}" for one in (a, b, c, d, e, f, g, h)))
""", *[word for port in (1, 2, 3, 4, 5, 6, 7) for word in (f"--dataframe{port}", tmp_path / "t.arrow")])
    assert (out / "stdout.txt").read_text() == (
        "polars.LazyFrame polars.DataFrame numpy.ndarray pandas.DataFrame pandas.DataFrame pyarrow.Table pandas.DataFrame "
        "builtins.NoneType\n")


def test_m_repeated_names_reach_polars_with_a_number(environment, tmp_path):
    write(pa.table([[1], [2]], names=["a", "a"]), tmp_path / "t.arrow")
    out = environment("import polars as pl, pyarrow as pa\ndef azureml_main(a: pl.DataFrame, b: pa.Table):\n"
                      "    print(a.columns, b.column_names)\n",
                      "--dataframe1", tmp_path / "t.arrow", "--dataframe2", tmp_path / "t.arrow")
    assert (out / "stdout.txt").read_text() == "['a', 'a (2)'] ['a', 'a']\n"


def test_m_a_library_that_is_not_there(tmp_path):
    write(pa.table({"a": [1]}), tmp_path / "t.arrow")
    done, out = run_in("/usr/bin/python3", tmp_path / "job", "def azureml_main(a: 'polars.DataFrame'):\n    pass\n",
                       "--dataframe1", tmp_path / "t.arrow")
    assert done.returncode == 1
    assert json.loads((out / "job.json").read_text())["message"] == "ModuleNotFoundError: No module named 'polars'"
