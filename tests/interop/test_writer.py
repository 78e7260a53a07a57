# SPDX-License-Identifier: Apache-2.0
"""What pyarrow, polars and pandas make of the files that quern writes.

Each table goes through tests/unit/segment_roundtrip.c, which has no Python inside: Arrow file, segment, Arrow file.

QUERN_BIN names the directory of the programs (default: build/dev/bin).
"""

import datetime
import json
import math
import os
import pathlib
import subprocess

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.ipc as ipc
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("QUERN_BIN", ROOT / "build/dev/bin"))


def run_tool(*arguments):
    """Runs segment_roundtrip; its error text is the failure."""
    done = subprocess.run([BIN / "segment_roundtrip", *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def write_ipc(table, path, rows_per_batch=None, codec="zstd"):
    """Writes an Arrow IPC file, as several record batches if asked."""
    options = ipc.IpcWriteOptions(compression=codec)
    with ipc.new_file(path, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=rows_per_batch)


def round_trip(table, tmp_path, profile="units", **how):
    """The table after Arrow → segment → Arrow, read by pyarrow and fully validated."""
    write_ipc(table, tmp_path / "in.arrow", **how)
    run_tool(profile, tmp_path / "in.arrow", tmp_path / "out.arrow")
    result = ipc.open_file(tmp_path / "out.arrow").read_all()
    result.validate(full=True)
    return result


def plain(column):
    """Python values, dictionaries decoded."""
    return column.to_pylist()


INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]


def extremes(name):
    info = np.iinfo(name)
    return [info.min, 0, 1, info.max]


@pytest.mark.parametrize("name", INTEGERS)
def test_b_integers(name, tmp_path):
    table = pa.table({name: pa.array(extremes(name), type=getattr(pa, name)())})
    result = round_trip(table, tmp_path)
    assert result.schema.field(0).type == table.schema.field(0).type
    assert plain(result[0]) == extremes(name)
    assert result[0].null_count == 0


@pytest.mark.parametrize("name", ["float32", "float64"])
def test_b_floats(name, tmp_path):
    values = np.array([0.1, -0.0, np.inf, -np.inf, np.finfo(name).tiny, np.finfo(name).max], dtype=name)
    result = round_trip(pa.table({"x": values}), tmp_path)
    assert result["x"].null_count == 0
    assert result["x"].to_numpy().tobytes() == values.tobytes()


def test_m_nan_is_missing(tmp_path):
    table = pa.table({"x": pa.array([1.5, math.nan, None, 2.5])})
    result = round_trip(table, tmp_path)
    assert plain(result["x"]) == [1.5, None, None, 2.5]
    assert result["x"].null_count == 2
    assert pl.read_ipc(tmp_path / "out.arrow", use_pyarrow=False)["x"].to_list() == [1.5, None, None, 2.5]


def test_b_bools(tmp_path):
    values = [True, False, None, True, None, False, True, True, False, None, True]
    result = round_trip(pa.table({"b": values, "full": [bool(v) for v in values]}), tmp_path)
    assert result["b"].type == pa.bool_()
    assert plain(result["b"]) == values
    assert plain(result["full"]) == [bool(v) for v in values]
    assert result["full"].null_count == 0


TEXTS = ["", None, "a", "äöü", "漢字", "🦆" * 3, "nul\0inside", "x" * 70000, None, "é"]


@pytest.mark.parametrize("kind", [pa.utf8(), pa.large_utf8()])
def test_b_texts(kind, tmp_path):
    result = round_trip(pa.table({"t": pa.array(TEXTS, type=kind)}), tmp_path)
    decoded = result["t"].cast(pa.string()) if pa.types.is_dictionary(result["t"].type) else result["t"]
    assert plain(decoded) == TEXTS


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Vienna", "+02:00"])
def test_b_timestamps(unit, zone, tmp_path):
    kind = pa.timestamp(unit, zone)
    table = pa.table({"t": pa.array([0, -1, None, 1709208000], type=pa.int64()).cast(pa.timestamp(unit)).cast(kind)})
    result = round_trip(table, tmp_path)
    assert result["t"].type == kind
    assert result["t"].equals(table["t"])


def test_m_every_timestamp_is_in_ns_for_pandas_1(tmp_path):
    stamp = datetime.datetime(2024, 2, 29, 12)
    result = round_trip(pa.table({"t": pa.array([stamp, None], type=pa.timestamp("s"))}), tmp_path, profile="ns")
    assert result["t"].type == pa.timestamp("ns")
    assert plain(result["t"]) == [pd.Timestamp(stamp), None]


def test_b_nulls(tmp_path):
    table = pa.table({"n": pa.nulls(5), "i": pa.array(range(5)), "m": pa.nulls(5)})
    assert round_trip(table, tmp_path).equals(table)
    assert pl.read_ipc(tmp_path / "out.arrow")["n"].dtype == pl.Null
    assert pd.read_feather(tmp_path / "out.arrow")["m"].tolist() == [None] * 5
    alone = pa.table({"n": pa.nulls(5)})
    assert round_trip(alone, tmp_path).equals(alone)


def test_b_halves(tmp_path):
    values = np.array([0.1, -0.0, np.inf, 6e-8, 65504, np.nan], "f2")
    result = round_trip(pa.table({"h": pa.array(values)}), tmp_path)
    assert result["h"].type == pa.float16() and result["h"].null_count == 1
    assert result["h"].to_numpy()[:5].tobytes() == values[:5].tobytes()
    assert pd.read_feather(tmp_path / "out.arrow")["h"].dtype == "float16"


@pytest.mark.parametrize("kind", [pa.time32("s"), pa.time64("ns")])
def test_b_times_of_day(kind, tmp_path):
    table = pa.table({"t": pa.array([0, 86399, None], type=kind)})
    result = round_trip(table, tmp_path)
    assert result["t"].type == pa.time64("ns") and result["t"].equals(table["t"].cast(pa.time64("ns")))
    assert pl.read_ipc(tmp_path / "out.arrow")["t"].dtype == pl.Time


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_b_durations(unit, tmp_path):
    table = pa.table({"d": pa.array([0, -1, None, 1709208000], type=pa.duration(unit))})
    result = round_trip(table, tmp_path)
    assert result["d"].type == pa.duration(unit) and result["d"].equals(table["d"])
    frame = pd.read_feather(tmp_path / "out.arrow")
    assert frame["d"].dtype == f"timedelta64[{unit}]" and frame["d"].isna().sum() == 1


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("index", [pa.int8(), pa.int16(), pa.int32()])
def test_b_categories(ordered, index, tmp_path):
    values = pa.DictionaryArray.from_arrays(
        pa.array([0, 2, None, 1, 2], type=index), pa.array(["klein", "mittel", "groß"]), ordered=ordered
    )
    result = round_trip(pa.table({"c": values}), tmp_path)
    assert pa.types.is_dictionary(result["c"].type)
    assert result["c"].type.ordered == ordered
    assert plain(result["c"]) == ["klein", "groß", None, "mittel", "groß"]
    column = result.to_pandas()["c"]
    assert list(column.cat.categories) == ["klein", "mittel", "groß"]
    assert column.cat.ordered == ordered


def test_b_categories_of_numbers(tmp_path):
    values = pa.DictionaryArray.from_arrays(pa.array([1, 0, 1], type=pa.int8()), pa.array([10, 20], type=pa.int64()))
    result = round_trip(pa.table({"c": values}), tmp_path)
    assert plain(result["c"]) == [20, 10, 20]


def test_b_names(tmp_path):
    names = ["a", "a", "größe", "漢", "with space", "", '"quoted"\n', "🦆"]
    table = pa.Table.from_arrays([pa.array([i]) for i in range(len(names))], names=names)
    result = round_trip(table, tmp_path)
    assert result.column_names == names
    assert [plain(column) for column in result.columns] == [[i] for i in range(len(names))]
    frame = result.to_pandas()
    assert list(frame.columns) == names


@pytest.mark.parametrize("rows", [0, 1, 7, 8, 9, 63, 64, 65, 1000])
def test_b_row_counts(rows, tmp_path):
    table = mixed(rows)
    assert_same(table, round_trip(table, tmp_path))
    assert pl.read_ipc(tmp_path / "out.arrow").shape == (rows, table.num_columns)


@pytest.mark.parametrize("codec", ["zstd", None])
def test_b_many_batches_become_one(codec, tmp_path):
    table = mixed(10007)
    result = round_trip(table, tmp_path, rows_per_batch=101, codec=codec)
    assert ipc.open_file(tmp_path / "out.arrow").num_record_batches == 1
    assert_same(table, result)


def test_b_no_columns(tmp_path):
    run = pa.table({})
    assert round_trip(run, tmp_path).num_columns == 0


def test_b_a_thousand_columns(tmp_path):
    table = pa.table({f"c{i}": pa.array([i, None, i + 1], type=pa.float64()) for i in range(1000)})
    assert_same(table, round_trip(table, tmp_path))


def mixed(rows):
    """A table with one column per supported type and a null in every third row where there can be one."""
    numbers = np.arange(rows)
    missing = numbers % 3 == 2
    rng = np.random.default_rng(rows)
    return pa.table(
        {
            "i": pa.array(numbers, type=pa.int32()),
            "f": pa.array(rng.normal(size=rows), mask=missing),
            "f4": pa.array(rng.normal(size=rows).astype("f4"), mask=missing),
            "b": pa.array(numbers % 2 == 0, mask=missing),
            "t": pa.array(numbers * 10**9, type=pa.int64(), mask=missing).cast(pa.timestamp("ns")),
            "z": pa.array(numbers, type=pa.int64(), mask=missing).cast(pa.timestamp("us", "America/New_York")),
            "s": pa.array([f"zeile {i} ä" for i in numbers], type=pa.utf8(), mask=missing),
            "c": pa.array([["rot", "grün", "blau"][i % 3] for i in numbers], pa.utf8(), mask=numbers % 5 == 1).dictionary_encode(),
        }
    )


def assert_same(wanted, found):
    """Values, nulls and names; types but for the width of indices."""
    assert found.column_names == wanted.column_names
    for name in wanted.column_names:
        assert plain(found[name]) == plain(wanted[name]), name
        assert found[name].null_count == wanted[name].null_count, name
        if not pa.types.is_dictionary(wanted[name].type):
            assert found[name].type == wanted[name].type, name


def test_m_polars_reads_the_same(tmp_path):
    table = mixed(500)
    round_trip(table, tmp_path)
    frame = pl.read_ipc(tmp_path / "out.arrow")
    for name in ["i", "f", "b", "t", "s"]:
        assert frame[name].to_list() == pl.from_arrow(table)[name].to_list(), name
    assert frame["c"].cast(pl.Utf8).to_list() == plain(table["c"])
    assert frame["z"].dtype == pl.Datetime("us", "America/New_York")
    assert frame.null_count().row(0) == tuple(column.null_count for column in table.columns)


def test_m_pandas_gets_its_dtypes_back(tmp_path):
    table = mixed(20)
    round_trip(table, tmp_path, profile="units")
    frame = pd.read_feather(tmp_path / "out.arrow")
    dtypes = {name: str(dtype) for name, dtype in frame.dtypes.items()}
    assert dtypes == {
        "i": "int32",
        "f": "float64",
        "f4": "float32",
        "b": "object",
        "t": "datetime64[ns]",
        "z": "datetime64[us, America/New_York]",
        "s": "str",
        "c": "category",
    }
    assert isinstance(frame.index, pd.RangeIndex)
    assert len(frame.index) == 20
    assert frame["b"][2] is None and frame["b"][0] is True


def test_m_bools_without_nulls_are_bools(tmp_path):
    round_trip(pa.table({"b": [True, False]}), tmp_path)
    assert str(pd.read_feather(tmp_path / "out.arrow")["b"].dtype) == "bool"


def test_m_pandas_metadata(tmp_path):
    result = round_trip(mixed(20), tmp_path)
    metadata = json.loads(result.schema.metadata[b"pandas"])
    assert metadata["index_columns"] == [{"kind": "range", "name": None, "start": 0, "stop": 20, "step": 1}]
    assert metadata["creator"]["library"] == "quern"
    columns = {column["name"]: column for column in metadata["columns"]}
    assert columns["c"]["pandas_type"] == "categorical"
    assert columns["c"]["metadata"] == {"num_categories": 3, "ordered": False}
    assert columns["z"]["metadata"] == {"timezone": "America/New_York"}
    assert columns["b"]["numpy_type"] == "object"


def test_m_a_frame_survives_pandas_alone(tmp_path):
    frame = pd.DataFrame(
        {
            "n": [1, 2, 3],
            "x": [0.5, None, 1.5],
            "when": pd.to_datetime(["2024-02-29", None, "1969-12-31"]).astype("datetime64[ns]"),
            "what": pd.Categorical(["b", None, "a"], categories=["b", "a", "c"], ordered=True),
        }
    )
    frame.to_feather(tmp_path / "in.arrow", compression="zstd")
    run_tool("ns", tmp_path / "in.arrow", tmp_path / "out.arrow")
    pd.testing.assert_frame_equal(pd.read_feather(tmp_path / "out.arrow"), frame)


@pytest.mark.parametrize("rows", [0, 1, 13, 70001])
def test_b_the_sample_of_every_kind(rows, tmp_path):
    """segment_sample.h tells what each row holds."""
    run_tool("sample", rows, tmp_path / "out.arrow")
    table = ipc.open_file(tmp_path / "out.arrow").read_all()
    table.validate(full=True)
    assert table.num_rows == rows
    gone = [row % 5 == 3 for row in range(rows)]
    assert plain(table["i64"]) == [row * 7 for row in range(rows)]
    assert plain(table["u8"]) == [row * 7 % 256 for row in range(rows)]
    assert plain(table["f4"]) == [None if gone[row] else row / 4 for row in range(rows)]
    assert plain(table["bool"]) == [None if gone[row] else row % 3 == 0 for row in range(rows)]
    assert plain(table["text"]) == [None if gone[row] else f"zeile {row} ä" for row in range(rows)]
    assert plain(table["bytes"]) == [None if gone[row] else bytes([row % 256]) * (row % 4) for row in range(rows)]
    for name in ["c8", "c16", "c32"]:
        assert plain(table[name]) == [None if gone[row] else ["rot", "grün", ""][row % 3] for row in range(rows)]
    assert table["c16"].type.ordered and not table["c8"].type.ordered
    assert feather.read_table(tmp_path / "out.arrow").equals(table)


def test_b_polars_reads_every_kind(tmp_path):
    """polars refuses two columns of one name: the sample without the second."""
    run_tool("distinct", 1000, tmp_path / "out.arrow")
    table = ipc.open_file(tmp_path / "out.arrow").read_all()
    frame = pl.read_ipc(tmp_path / "out.arrow")
    for name in ["i8", "u64", "f4", "f8", "bool", "text", "größe"]:
        assert frame[name].to_list() == plain(table[name]), name
    for name in ["c8", "c16", "c32"]:
        assert frame[name].cast(pl.Utf8).to_list() == plain(table[name]), name


def test_b_buffers_are_aligned(tmp_path):
    """Bodies begin at multiples of 64 bytes of the file, as the metadata of every message promises."""
    run_tool("sample", 1000, tmp_path / "out.arrow")
    data = (tmp_path / "out.arrow").read_bytes()
    assert data[:8] == b"ARROW1\0\0" and data[-6:] == b"ARROW1"
    source = pa.BufferReader(data)
    source.seek(8)
    types = []
    for _ in range(4):
        message = ipc.read_message(source)
        types.append(message.type)
        assert message.metadata_version == ipc.MetadataVersion.V5
        assert (source.tell() - len(message.body or b"")) % 64 == 0
    assert types == ["schema", "dictionary", "dictionary", "record batch"]


def test_m_head_is_what_people_see(tmp_path):
    run_tool("sample", 13, tmp_path / "out.arrow", tmp_path / "head.json")
    head = json.loads((tmp_path / "head.json").read_text())
    assert head["rows"] == 13
    assert [column["name"] for column in head["columns"]][:3] == ["i8", "i16", "i32"]
    assert len(head["head"]) == 3 and len(head["tail"]) == 3
    assert head["head"][1][9] == "0.25"
    assert head["tail"][2][11] == "2024-02-29T00:00:12.000000001"
