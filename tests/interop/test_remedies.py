# SPDX-License-Identifier: Apache-2.0
"""The command that a message tells makes a file that is taken."""
import decimal
import json
import pathlib
import pickle
import struct
import subprocess
import sys

import pyarrow as pa
import pyarrow.feather
import pyarrow.ipc as ipc
import pyarrow.orc
import pyarrow.parquet
import pytest

import arrow_file as af
from conftest import ROOT, identity, quern_run, write

TABLE = pa.table({"n": [1, 2], "s": ["a", None]})


def stream(path):
    with ipc.new_stream(path, TABLE.schema) as writer:
        writer.write_table(TABLE)


FILES = {
    "parquet": lambda path: pyarrow.parquet.write_table(TABLE, path),
    "orc": lambda path: pyarrow.orc.write_table(TABLE, path),
    "stream": stream,
    "feather 1": lambda path: pyarrow.feather.write_feather(TABLE, path, version=1),
    "pickle": lambda path: path.write_bytes(pickle.dumps(TABLE.to_pandas(), protocol=4)),
}
COLUMNS = {  # (array, what comes back)
    "list": (pa.array([[1, 2], None]), ["[1, 2]", None]),
    "large_list": (pa.array([["a"], []], pa.large_list(pa.utf8())), ["['a']", "[]"]),
    "fixed_size_list": (pa.array([[1, 2], None], pa.list_(pa.int8(), 2)), ["[1, 2]", None]),
    "list_view": (pa.array([[1], None], pa.list_view(pa.int8())), ["[1]", None]),
    "map": (pa.array([[("a", 1)], None], pa.map_(pa.utf8(), pa.int8())), ["[('a', 1)]", None]),
    "union": (pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(["a", "b"])]), ["1", "b"]),
    "run_end_encoded": (pa.RunEndEncodedArray.from_arrays(pa.array([2], pa.int32()), pa.array([7])), ["7", "7"]),
    "interval": (pa.array([(1, 2, 3), None], pa.month_day_nano_interval()),
                 ["MonthDayNano(months=1, days=2, nanoseconds=3)", None]),
    "dictionary of bool": (pa.DictionaryArray.from_arrays(pa.array([0, None]), pa.array([True])), [True, None]),
    "dictionary of null": (pa.DictionaryArray.from_arrays(pa.array([0, 0]), pa.nulls(1)), [None, None]),
    "dictionary of decimal": (pa.DictionaryArray.from_arrays(pa.array([0, None]), pa.array([decimal.Decimal("1.5")])), [1.5, None]),
}


def remedied(directory, path):
    """The table of what `quern run` returns of the file that the command of its message has made."""
    done, out = quern_run(directory / "refused", [path])
    record = json.loads((out / "job.json").read_text())
    assert (done.returncode, record["reason"]) == (1, "bad_input")
    command = record["message"][record["message"].index("python3 -c "):]
    command = command.replace("FILE", str(path)).replace("COLUMN", "x").replace("python3", sys.executable, 1)
    subprocess.run(command, shell=True, check=True, timeout=120)
    back, = identity(directory / "taken", [pathlib.Path(f"{path}.arrow")])
    return ipc.open_file(back.path).read_all()


@pytest.mark.parametrize("kind", FILES)
def test_m_a_foreign_file_is_converted_by_the_command_of_its_message(kind, tmp_path):
    path = tmp_path / "file.arrow"
    FILES[kind](path)
    assert remedied(tmp_path, path).to_pydict() == TABLE.to_pydict()


def test_m_a_big_endian_file_is_converted_by_the_command_of_its_message(tmp_path):
    path = tmp_path / "file.arrow"
    numbers = af.Array(3, 1, [af.bitmap([1, 0, 1]), struct.pack(">3i", 1, 0, -2)])
    texts = af.Array(3, 0, [b"", struct.pack(">4i", 0, 1, 8, 8), "agröße".encode()])
    fields = [af.Field("i", af.int_type(32)), af.Field("s", (af.UTF8, {}))]
    path.write_bytes(af.File(fields, endianness=1).batch(numbers, texts).bytes())
    assert remedied(tmp_path, path).to_pydict() == {"i": [1.0, None, -2.0], "s": ["a", "größe", ""]}


@pytest.mark.parametrize("kind", COLUMNS)
def test_m_a_foreign_type_is_converted_by_the_command_of_its_message(kind, tmp_path):
    array, expected = COLUMNS[kind]
    write(pa.table({"n": [1, 2], "x": array}), tmp_path / "file.arrow")
    assert remedied(tmp_path, tmp_path / "file.arrow").to_pydict() == {"n": [1, 2], "x": expected}


def test_m_a_struct_becomes_a_column_for_each_field(tmp_path):
    write(pa.table({"x": pa.array([{"a": 1, "b": "u"}, {"a": 2, "b": "v"}])}), tmp_path / "file.arrow")
    assert remedied(tmp_path, tmp_path / "file.arrow").to_pydict() == {"x.a": [1, 2], "x.b": ["u", "v"]}


def test_m_the_other_columns_can_be_had_without_converting(tmp_path):
    write(pa.table({"n": [1, 2], "x": pa.array([[1], [2]])}), tmp_path / "file.arrow")
    script = "def azureml_main(f):\n    print(f.to_dict('list'))\n"
    (tmp_path / "s.py").write_text(script)
    done = subprocess.run([ROOT / "build/bin/quern", "run", tmp_path / "s.py", "-o", tmp_path / "out", "--dataframe1",
                           tmp_path / "file.arrow", "--columns", "n"], timeout=120, stdin=subprocess.DEVNULL)
    assert done.returncode == 0 and (tmp_path / "out/stdout.txt").read_text() == "{'n': [1, 2]}\n"
