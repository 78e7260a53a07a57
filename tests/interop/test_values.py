# SPDX-License-Identifier: Apache-2.0
"""Values, missing ones, categories and zones after `return dataframe1`: every type, pattern, compression and writer."""
import decimal
import struct

import polars as pl
import pyarrow as pa
import pyarrow.ipc as ipc
import pytest

import kinds
from conftest import CODECS, WRITERS

EVERY = [(pattern, codec, writer) for pattern in kinds.PATTERNS for codec in CODECS for writer in WRITERS]
COLUMNS = {"pyarrow": list(kinds.BY_NAME), "polars": [*kinds.POLARS, "categorical", "enum"]}
CASES = [(*case, name) for case in EVERY for name in COLUMNS[case[2]]]
NS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
DAY = 86400 * 10**9


def read(path):
    table = ipc.open_file(path).read_all()
    table.validate(full=True)
    return table


def same_type(kind, column):
    """The documented type of what comes back; docs/types.md shows the table."""
    empty = column.null_count == len(column)
    if pa.types.is_integer(kind):
        return pa.float64() if column.null_count else kind
    if pa.types.is_decimal(kind):
        return pa.float64()
    if pa.types.is_date(kind):
        return pa.timestamp("ns")
    if pa.types.is_timestamp(kind):
        return pa.timestamp("ns", kind.tz)
    if pa.types.is_duration(kind):
        return pa.duration("ns")
    if pa.types.is_time(kind):
        return pa.utf8() if empty else pa.time64("ns")
    if pa.types.is_null(kind):
        return pa.utf8()
    if is_bytes(kind):
        return pa.utf8() if empty else pa.binary()
    if pa.types.is_boolean(kind):
        return pa.utf8() if empty and len(column) else kind
    return pa.utf8() if is_text(kind) else kind


def index_type(kind):
    """The numbers that an Index of pandas 1.5 holds: the widest ones."""
    widest = {**dict.fromkeys([pa.int8(), pa.int16(), pa.int32()], pa.int64()),
              **dict.fromkeys([pa.uint8(), pa.uint16(), pa.uint32()], pa.uint64()),
              **dict.fromkeys([pa.float16(), pa.float32()], pa.float64())}
    return widest.get(kind, kind)


def is_text(kind):
    return kind in (pa.utf8(), pa.large_utf8(), pa.string_view())


def is_bytes(kind):
    return kind in (pa.binary(), pa.large_binary(), pa.binary_view()) or pa.types.is_fixed_size_binary(kind)


def plain(column):
    """What the cells are, free of their type: floats by their bits, instants as nanoseconds since 1970."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        words = [plain(pa.chunked_array([chunk.dictionary])) for chunk in column.chunks]
        return [None if code is None else words[i][code]
                for i, chunk in enumerate(column.chunks) for code in chunk.indices.to_pylist()]
    if pa.types.is_time32(kind):
        return scaled(column.cast(pa.int32()), NS[kind.unit])
    if pa.types.is_timestamp(kind) or pa.types.is_duration(kind) or pa.types.is_time(kind):
        return scaled(column.cast(pa.int64()), NS[kind.unit])
    if pa.types.is_date(kind):
        return scaled(column.cast(pa.int32() if kind == pa.date32() else pa.int64()), DAY if kind == pa.date32() else 10**6)
    values = column.to_pylist()
    return [struct.pack("<d", v) if isinstance(v, float) else v for v in values]


def scaled(column, scale):
    return [None if value is None else value * scale for value in column.to_pylist()]


def as_double(values):
    return [None if value is None else struct.pack("<d", float(value)) for value in values]


def expected(column, returned):
    values = plain(column)
    numbers = pa.types.is_integer(column.type) or pa.types.is_decimal(column.type)
    return as_double(values) if numbers and returned.type == pa.float64() else values


@pytest.mark.parametrize("pattern,codec,writer", EVERY)
def test_b_names_rows_and_their_order_stay(pattern, codec, writer, returned):
    path, back = returned[pattern, codec, writer]
    before, after = read(path), read(back.path)
    assert after.column_names == before.column_names == COLUMNS[writer]
    assert after.num_rows == before.num_rows == kinds.PATTERNS[pattern][0]


@pytest.mark.parametrize("pattern,codec,writer,name", CASES)
def test_b_values_and_missing_ones_are_equal(pattern, codec, writer, name, returned):
    path, back = returned[pattern, codec, writer]
    before, after = read(path)[name], read(back.path)[name]
    assert plain(after) == expected(before, after)
    assert after.null_count == before.null_count == plain(before).count(None)


@pytest.mark.parametrize("pattern,codec,writer,name", [case for case in CASES if case[3] not in ("categorical", "enum")])
def test_m_types_change_only_as_documented(pattern, codec, writer, name, returned):
    path, back = returned[pattern, codec, writer]
    before, after = read(path)[name], read(back.path)[name]
    if not pa.types.is_dictionary(before.type):
        assert after.type == same_type(before.type, before)
        return
    values = categories(before)
    assert after.type.ordered == before.type.ordered
    # Fewer than 127 categories: pandas counts in bytes.
    assert after.type.index_type == pa.int8()
    assert after.type.value_type == index_type(same_type(before.type.value_type, values))
    assert plain(categories(after)) == plain(values)


def categories(column):
    """Those of the first chunk, for there are no deltas here; none in a file without batches."""
    return pa.chunked_array([chunk.dictionary for chunk in column.chunks[:1]], column.type.value_type)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("pattern", kinds.PATTERNS)
def test_b_polars_categories_keep_order_and_words(pattern, codec, returned):
    after = read(returned[pattern, codec, "polars"][1].path)
    assert after["enum"].type.ordered and after["enum"].type.value_type == pa.utf8()
    assert not after["categorical"].type.ordered
    assert plain(categories(after["enum"])) == [*kinds.WORDS, "unused"]


@pytest.mark.parametrize("pattern,codec,writer", EVERY)
def test_b_polars_reads_what_pyarrow_reads(pattern, codec, writer, returned):
    back = returned[pattern, codec, writer][1]
    frame, table = pl.read_ipc(back.path), read(back.path)
    assert frame.columns == table.column_names
    for name in frame.columns:
        assert from_polars(frame[name]) == plain(table[name]), name


def from_polars(series):
    """A polars column as plain() gives it; a zone of polars is that of the column's type."""
    if series.dtype in (pl.Categorical, pl.Enum):
        return series.cast(pl.String).to_list()
    if series.dtype in (pl.Datetime, pl.Duration, pl.Time):
        return series.cast(pl.Int64).to_list()
    return [struct.pack("<d", v) if isinstance(v, float) else v for v in series.to_list()]


@pytest.mark.parametrize("codec", CODECS)
def test_m_lost_precision_is_told(codec, returned):
    """Of int64: 2**63 - 1 and its neighbour, of uint64 the same; -2**63 is a double."""
    path, back = returned["some missing", codec, "pyarrow"]
    about = f"{path.name}: column '{{}}': integers with missing values became double; {{}} beyond 2**53 lost precision"
    for name in ("int64", "uint64"):
        lost = sum(value is not None and int(float(value)) != value for value in read(path)[name].to_pylist())
        assert lost > 1 and about.format(name, f"{lost} values") in back.warnings
    assert not any(f"{path.name}: column 'int32'" in warning for warning in back.warnings)


def test_m_one_lost_value_and_none(roundtrip):
    back, = roundtrip(pa.table({"id": [2**53 + 1, None, 2**53 + 2], "exact": [2**53, None, -2**63], "whole": [2**53 + 1] * 3}))
    assert back.warnings == [
        "input0.arrow: column 'id': integers with missing values became double; 1 value beyond 2**53 lost precision"]
    assert read(back.path)["whole"].to_pylist() == [2**53 + 1] * 3


def test_m_a_time_of_day_loses_nanoseconds_with_a_warning(roundtrip):
    back, = roundtrip(pa.table({"t": pa.array([1001, None, 2000, 86399999999999], pa.time64("ns"))}))
    assert plain(read(back.path)["t"]) == [1000, None, 2000, 86399999999000]
    assert back.warnings == ["input0.arrow: column 't': 2 times lost nanoseconds, which datetime.time does not have"]


def test_r_times_of_a_dictionary_that_become_one_by_losing_nanoseconds(roundtrip):
    words = pa.array([1000, 1001, None, 5000], pa.time64("ns"))
    back, = roundtrip(pa.table({"t": pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 3, None], pa.int8()), words)}))
    assert plain(read(back.path)["t"]) == [1000, 1000, None, 5000, None]
    assert plain(categories(read(back.path)["t"])) == [1000, 5000]
    assert back.warnings == ["input0.arrow: column 't': 1 time lost nanoseconds, which datetime.time does not have"]


def test_m_decimals_that_lose_digits_are_told(roundtrip):
    words = ["0.1", "99999999999999999999.9999999999", "2.5", "1.0000000000"]
    back, = roundtrip(pa.table({"d": pa.array([decimal.Decimal(word) for word in words], pa.decimal128(38, 10)),
                                "fits": pa.array([decimal.Decimal("1.23")] * 4)}))
    assert read(back.path)["d"].to_pylist() == [0.1, 1e20, 2.5, 1.0]
    assert back.warnings == ["input0.arrow: column 'd': decimal became double; 1 value lost digits"]


def test_m_nan_is_missing(roundtrip):
    nan = float("nan")
    back, = roundtrip(pa.table({"f": pa.array([nan, None, 1.5], pa.float32()), "d": [nan, None, -0.0]}))
    table = read(back.path)
    assert table["f"].to_pylist() == [None, None, 1.5] and table["f"].type == pa.float32()
    assert list(map(str, table["d"].to_pylist())) == ["None", "None", "-0.0"]


def test_b_smallest_timestamp_is_missing(roundtrip):
    back, = roundtrip(pa.table({"t": pa.array([-2**63, 5 - 2**63], pa.timestamp("ns"))}))
    assert plain(read(back.path)["t"]) == [None, 5 - 2**63]
