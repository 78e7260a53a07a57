# SPDX-License-Identifier: Apache-2.0
"""What a script returns as a table of pyarrow or a frame of polars: published with its values, missing ones and types."""
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
    return as_double(values) if pa.types.is_floating(kind) and not pa.types.is_floating(column.type) else values


@pytest.mark.parametrize("pattern", kinds.PATTERNS)
def test_b_values_and_missing_ones_are_published(returned, pattern):
    before, after = returned[pattern]
    assert after.column_names == before.column_names and after.num_rows == before.num_rows
    for name in before.column_names:
        assert plain(after[name]) == values_of(before[name], after[name].type), name
        assert after[name].null_count == before[name].null_count, name


@pytest.mark.parametrize("pattern", kinds.PATTERNS)
def test_m_types_are_those_of_datasets(returned, pattern):
    """Without pandas between: a column of missing ones keeps its type, times keep their unit."""
    before, after = returned[pattern]
    for name in before.column_names:
        kind, made = before[name].type, after[name].type
        if pa.types.is_dictionary(kind):
            assert made == pa.dictionary(pa.int8(), type_back(kind.value_type, False, 3), kind.ordered), name
        elif kind != pa.null():
            assert made == type_back(kind, before[name].null_count > 0, 3), name
        else:
            assert made == kind


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
    assert job["message"] == 'column "between": interval is not supported by datasets; store its parts as integers'
