# SPDX-License-Identifier: Apache-2.0
"""Frames in and out of segments: types, missing values, and that nothing is copied or shared by mistake."""
import datetime
import decimal
import os
import pickle
import random
import sys

import dateutil.tz
import numpy as np
import pandas as pd
import pytest

import glue_job
from glue_job import again, segment

import _quern
from quern import columns, frames


# What the same cells are in pandas 1, 2 and 3.
PANDAS = int(pd.__version__.split(".")[0])
TEXT = "str" if PANDAS >= 3 else "object"
DATES = ["datetime64[s]", "datetime64[us]"] if PANDAS >= 3 else ["datetime64[ns]"] * 2


def same(made, expected):
    pd.testing.assert_frame_equal(made, expected, check_exact=True, check_freq=False)


# ---- no copy ----


def test_b_columns_are_views_of_the_mapping():
    fd = segment(pd.DataFrame({"a": np.arange(5.0), "b": np.arange(5), "a2": np.arange(5) > 2}))
    mapping, rows, count, arrays = _quern.map_segment(fd)
    assert (rows, count, [array.name for array in arrays]) == (5, 3, ["a", "b", "a2"])
    for index, array in enumerate(arrays):
        view = frames.column(mapping, arrays, index, None)
        address, read_only = view.__array_interface__["data"]
        assert address == mapping.address + array.offset
        assert mapping.address <= address and address + view.nbytes <= mapping.address + mapping.bytes
        assert not read_only
    os.close(fd)


def test_b_frame_shares_the_mapping_and_keeps_it():
    fd = segment(pd.DataFrame({"a": np.arange(5.0), "b": np.arange(5), "c": pd.Categorical(list("xyxyx"))}))
    frame = frames.frame(fd)
    os.close(fd)
    ranges = [line.split()[0].split("-") for line in open("/proc/self/maps") if "quern-result" in line]
    for values in (frame["a"].to_numpy(), frame["b"].to_numpy(), frame["c"].array.codes):
        address = values.__array_interface__["data"][0]
        assert any(int(start, 16) <= address < int(end, 16) for start, end in ranges)


def test_b_mapping_goes_with_the_last_array():
    fd = segment(pd.DataFrame({"a": np.arange(1000.0)}))
    frame = frames.frame(fd)
    column = frame["a"].to_numpy()
    del frame
    assert column[999] == 999.0
    before = open("/proc/self/maps").read().count("quern-result")
    del column
    os.close(fd)
    assert open("/proc/self/maps").read().count("quern-result") == before - 1


def test_f_writes_in_place_stay_private():
    fd = segment(pd.DataFrame({"a": [1.0, 2.0], "b": [1, 2], "s": ["x", "y"]}))
    before = os.pread(fd, os.fstat(fd).st_size, 0)
    first, second = frames.frame(fd), frames.frame(fd)
    first.loc[0, "a"] = 9.0
    first.loc[:, "b"] = 0
    first["x"] = 1
    first.drop(columns="s", inplace=True)
    assert list(first.columns) == ["a", "b", "x"]
    assert (first["a"][0], first["b"][1]) == (9.0, 0)
    same(second, pd.DataFrame({"a": [1.0, 2.0], "b": [1, 2], "s": ["x", "y"]}))
    assert os.pread(fd, os.fstat(fd).st_size, 0) == before
    os.close(fd)


def test_b_instants_are_views_too():
    times = pd.Series(pd.DatetimeIndex(["2020-01-01 10:00", None, "2020-07-01"])).dt.tz_localize("Europe/Berlin")
    fd = segment(pd.DataFrame({"t": times}))
    mapping, _, _, arrays = _quern.map_segment(fd)
    made = frames.column(mapping, arrays, 0, None)
    assert made.asi8.__array_interface__["data"][0] == mapping.address + arrays[0].offset
    assert made.dtype == times.dtype
    os.close(fd)


@pytest.mark.parametrize("cells", [[], [None, None], ["a", None]])
def test_m_text_is_text_whatever_is_in_it(cells):
    assert again(pd.DataFrame({"s": pd.Series(cells, dtype=object)}))["s"].dtype == TEXT


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_m_units_are_kept_from_pandas_2_on(unit):
    made = again(pd.DataFrame({"t": np.array([-1, 0, 2**31], f"M8[{unit}]")}))["t"]
    assert made.dtype == f"datetime64[{unit if PANDAS >= 2 else 'ns'}]"
    assert made.astype(f"M8[{unit}]" if PANDAS >= 2 else "M8[ns]").tolist() == [
        pd.Timestamp(np.datetime64(value, unit)) for value in (-1, 0, 2**31)]


# ---- round trips ----

NUMBERS = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8"]


@pytest.mark.parametrize("dtype", NUMBERS)
def test_m_numbers_come_back_exactly(dtype):
    info = np.finfo(dtype) if dtype[0] == "f" else np.iinfo(dtype)
    frame = pd.DataFrame({"x": np.array([info.min, 0, 1, info.max], dtype)})
    same(again(frame), frame)


def test_m_bits_of_doubles_are_kept():
    values = np.array([2.0**53 + 2, -0.0, np.inf, -np.inf, 5e-324, np.nan])
    made = again(pd.DataFrame({"x": values}))["x"].to_numpy()
    assert made.tobytes() == values.tobytes()
    assert again(pd.DataFrame({"i": [2**53 + 1, -(2**63)]}))["i"].tolist() == [2**53 + 1, -(2**63)]


def test_m_text_is_kept_and_empty_is_not_missing():
    cells = ["", "a", "plain", "Zoë", "日本", "🙂", "a\0b", "x" * 300000, "é" * 300000, None, float("nan"), pd.NA, pd.NaT]
    made = again(pd.DataFrame({"s": pd.Series(cells, dtype=object)}))["s"]
    assert made.dtype == TEXT
    assert made.tolist()[:9] == cells[:9]
    assert all(isinstance(cell, float) and np.isnan(cell) for cell in made.tolist()[9:])


ALPHABETS = ["ab", "aé", "aéÿ", "aĀ", "aé\u07ff日", "a\uffff", "é日🙂", "a\U0010ffff", "\x7f\x80\u0800\U00010000"]


def cells_of(frame):
    """(object array of the only column's str, mapping, array)"""
    fd = segment(frame)
    mapping, _, _, arrays = _quern.map_segment(fd)
    os.close(fd)
    return frames.objects(mapping, arrays[0], 0), mapping, arrays[0]


@pytest.mark.parametrize("alphabet", ALPHABETS)
def test_m_text_has_the_form_that_python_gives_it(alphabet):
    dice = random.Random(alphabet)
    cells = [prefix + "".join(dice.choice(alphabet) for _ in range(length)) + tail
             for length in range(40) for prefix in ("", "a" * 7, "a" * 8, "a" * 17) for tail in ("", "a" * 9)]
    made = cells_of(pd.DataFrame({"s": pd.Series(cells, dtype=object)}))[0].tolist()
    assert made == cells
    assert [(hash(cell), sys.getsizeof(cell)) for cell in made] == [(hash(cell), sys.getsizeof(cell)) for cell in cells]


def test_f_bytes_that_are_no_text_become_replacements():
    dice = random.Random(1)
    cells = ["é" * (length // 2) + "a" * (length % 2) for length in range(24) for _ in range(120)]
    _, mapping, array = cells_of(pd.DataFrame({"s": pd.Series(cells, dtype=object)}))
    memory = np.frombuffer(mapping, "u1")
    start = bytes(memory).index("".join(cells).encode(), array.offset)
    bad = [bytes(dice.choice(b"aaa\x7f\x80\x9f\xa0\xbf\xc0\xc1\xc2\xc3\xc4\xdf\xe0\xe9\xed\xef\xf0\xf1\xf4\xf5\xff")
                 for _ in cell.encode()) for cell in cells]
    memory[start:start + len(b"".join(bad))] = np.frombuffer(b"".join(bad), "u1")
    assert frames.objects(mapping, array, 0).tolist() == [cell.decode("utf-8", "replace") for cell in bad]


def test_m_repeated_text_is_one_object():
    made = again(pd.DataFrame({"s": ["north", "south"] * 100}))["s"].tolist()
    assert made == ["north", "south"] * 100
    assert made[0] is made[198] and made[1] is made[199]


def test_f_texts_that_differ_in_one_byte_are_not_taken_for_each_other():
    cells = ["x" * length for length in range(41)]
    cells += ["x" * at + "y" + "x" * (length - at - 1) for length in range(1, 41) for at in range(length)]
    cells = cells * 3
    assert again(pd.DataFrame({"s": cells}))["s"].tolist() == cells
    assert again(pd.DataFrame({"s": [cell.encode() for cell in cells]}))["s"].tolist() == [cell.encode() for cell in cells]


def test_m_many_distinct_texts():
    cells = [f"{i % 7}-{i}" for i in range(30000)]
    assert again(pd.DataFrame({"s": cells}))["s"].tolist() == cells


def test_m_bytes_and_pickled_models_come_back():
    model = {"weights": np.arange(3.0)}
    cells = [pickle.dumps(model), b"", None, b"\0\xff"]
    made = again(pd.DataFrame({"m": pd.Series(cells, dtype=object)}))["m"].tolist()
    assert made == cells
    assert pickle.loads(made[0])["weights"].tolist() == [0.0, 1.0, 2.0]
    assert again(pd.DataFrame({"m": [bytearray(b"ab"), b"c"]}))["m"].tolist() == [b"ab", b"c"]


def test_m_flags():
    made = again(pd.DataFrame({"b": [True, False], "o": pd.Series([True, None], dtype=object),
                               "n": pd.array([None, False], dtype="boolean"),
                               "p": pd.Series([np.True_, np.False_], dtype=object)}))
    assert list(map(str, made.dtypes)) == ["bool", "object", "boolean", "bool"]
    assert made["b"].tolist() == [True, False] and made["p"].tolist() == [True, False]
    assert made["o"][0] is True and np.isnan(made["o"][1])
    assert made["n"][0] is pd.NA and not made["n"][1]


@pytest.mark.parametrize("rows", [1, 7, 8, 9, 64, 5000])
def test_m_flags_of_which_some_are_missing(rows):
    dice = random.Random(rows)
    cells = [dice.choice([True, False, None]) for _ in range(rows - 1)] + [None]
    frame = pd.DataFrame({"o": pd.Series(cells, dtype=object), "n": pd.array(cells, dtype="boolean")})
    made = again(frame)
    assert [None if cell != cell else cell for cell in made["o"]] == [None if gone else cell for cell, gone in
                                                                      zip(cells, frame["o"].isna())]
    assert all(cell is True or cell is False or np.isnan(cell) for cell in made["o"])
    pd.testing.assert_series_equal(made["n"], frame["n"])


def test_f_flags_that_are_neither_are_made_one():
    values = np.array([1, 0, 7, 255], "u1").view(bool)
    assert again(pd.DataFrame({"b": values}))["b"].to_numpy().view("u1").tolist() == [1, 0, 1, 1]


@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin", "America/St_Johns"])
def test_m_times(zone):
    times = pd.Series(pd.DatetimeIndex(["2020-03-29 00:59:59.123456789", None, "1700-01-01 00:00:00"])).dt.tz_localize(zone)
    frame = pd.DataFrame({"t": times})
    same(again(frame), frame)


def test_m_time_with_a_fixed_offset():
    zone = datetime.timezone(datetime.timedelta(hours=-5, minutes=-30))
    made = again(pd.DataFrame({"t": pd.Series(pd.to_datetime(["2020-01-01"])).dt.tz_localize(zone)}))["t"]
    assert made[0].isoformat() == "2020-01-01T00:00:00-05:30"


def test_m_times_of_day():
    cells = [datetime.time(0, 0), None, datetime.time(23, 59, 59, 999999), datetime.time(1, 2, 3, 4)]
    made = again(pd.DataFrame({"t": pd.Series(cells, dtype=object)}))["t"]
    assert made.dtype == object and made.tolist() == cells


def test_m_durations():
    frame = pd.DataFrame({"d": pd.to_timedelta(["1 day 00:00:00.000000001", None, "-3 s"])})
    same(again(frame), frame)
    cells = pd.DataFrame({"d": pd.Series([datetime.timedelta(days=-1, microseconds=5), None], dtype=object)})
    made = again(cells)["d"]
    assert made.dtype == f"m8[{'us' if PANDAS >= 3 else 'ns'}]" and made[0] == pd.Timedelta(-86399999995000) and pd.isna(made[1])
    notes = []
    made = again(pd.DataFrame({"d": pd.Series([datetime.timedelta(days=200000), None], dtype=object)}), notes)["d"]
    if PANDAS >= 3:  # its microseconds reach further
        assert made[0] == datetime.timedelta(days=200000) and notes == []
        return
    assert made[0] == "200000 days, 0:00:00"
    assert notes == [("d", "column 'd': timedelta with values that no duration column holds is stored as text")]


@pytest.mark.parametrize("categories", [["b", "a"], [3, 1], [1.5, -0.5], [True, False], list(pd.date_range("2020", periods=2)), list(pd.to_timedelta([5, 7])),
                                        list(pd.date_range("2020", periods=2, tz="Europe/Berlin"))])
@pytest.mark.parametrize("ordered", [True, False])
def test_m_categories(categories, ordered):
    values = pd.Categorical([categories[1], None, categories[0], categories[1]], categories=categories, ordered=ordered)
    made = again(pd.DataFrame({"c": values}))["c"]
    assert made.cat.ordered == ordered
    assert made.cat.categories.tolist() == categories
    assert made.cat.codes.tolist() == [1, -1, 0, 1]


@pytest.mark.parametrize("count,width", [(126, "int8"), (127, "int16"), (32766, "int16"), (32767, "int32")])
def test_m_width_of_codes(count, width):
    frame = pd.DataFrame({"c": pd.Categorical([f"v{i}" for i in range(count)])})
    made = again(frame)
    assert made["c"].cat.codes.dtype == width
    same(made, frame)


def test_m_categories_that_are_intervals_become_text():
    notes = []
    made = again(pd.DataFrame({"c": pd.cut([1, 5, 9], 3)}), notes)["c"]
    assert made.astype(str).tolist() == ["(0.992, 3.667]", "(3.667, 6.333]", "(6.333, 9.0]"]
    assert made.cat.ordered
    assert notes == [("c", "column 'c': interval[float64, right] is stored as text")]


def test_m_categories_that_look_alike_are_stored_cell_by_cell():
    made = again(pd.DataFrame({"c": pd.Categorical([1, "1", 1], categories=[1, "1"])}))["c"]
    assert made.tolist() == ["1", "1", "1"]


NULLABLES = ["Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Float32", "Float64", "boolean",
             "string"]


@pytest.mark.parametrize("missing", [[], [1], [0, 1, 2]])
def test_m_nullable_columns_come_back_as_they_are(missing):
    notes, frame = [], pd.DataFrame()
    for dtype in NULLABLES:
        cells = ["a", "é", ""] if dtype == "string" else [1, 0, 1]
        frame[dtype] = pd.array([None if i in missing else cell for i, cell in enumerate(cells)], dtype)
    frame["big"] = pd.array([2**63 - 1, -2**63, None], "Int64")
    frame["none"] = pd.array([1, 2, 3], "Int64")
    same(again(frame, notes), frame)
    assert notes == []


def test_m_a_nan_of_a_nullable_column_is_a_value():
    cells = pd.arrays.FloatingArray(np.array([np.nan, np.nan, 0.5]), np.array([False, True, False]))
    made = again(pd.DataFrame({"f": cells}))["f"]
    assert made.isna().tolist() == [False, True, False] and np.isnan(made.array[0]) and made.array[2] == 0.5


def test_b_nullable_columns_are_views_of_the_mapping():
    frame = pd.DataFrame({"i": pd.array([7, None, 9], "Int32"), "b": pd.array([True, None, False], "boolean")})
    fd = segment(frame)
    mapping, _, _, arrays = _quern.map_segment(fd)
    os.close(fd)
    for index, array in enumerate(arrays):
        made = frames.column(mapping, arrays, index, None)
        assert made._data.__array_interface__["data"] == (mapping.address + array.offset, False)
        assert made._mask.__array_interface__["data"] == (mapping.address + array.nulls, False)


@pytest.mark.parametrize("kind,dtype", [(_quern.CODES8, "i1"), (_quern.CODES16, "i2"), (_quern.CODES32, "i4")])
@pytest.mark.parametrize("flags,missing", [(_quern.CELLS, np.nan), (_quern.CELLS | _quern.NULLABLE, pd.NA)])
def test_m_texts_by_codes_are_cells_that_share_their_objects(kind, dtype, flags, missing):
    words = ["größe", "", "plain"]
    codes = columns.Array(kind, np.array([2, -1, 0, 1, 2, 0], dtype), 6, b"s", flags, dictionary=1)
    texts = columns.Array(_quern.UTF8, columns.objects_of(words), 3, data_bytes=12)
    fd = os.memfd_create("x")
    _quern.write_segment(fd, (codes.packed(), texts.packed()), 1, 6, _quern.PROFILE_NS, glue_job.LIMIT)
    glue_job.check(fd)
    made = frames.frame(fd)["s"]
    os.close(fd)
    assert str(made.dtype) == ("string" if missing is pd.NA else TEXT)
    cells = list(made.array)
    assert [cell for i, cell in enumerate(cells) if i != 1] == ["plain", "größe", "", "plain", "größe"]
    assert cells[1] is missing or np.isnan(cells[1]) and missing is not pd.NA
    assert PANDAS >= 3 or (cells[0] is cells[4] and cells[2] is cells[5])


def test_f_masks_and_what_is_below_them_are_made_plain():
    """A script may put any byte there."""
    mask = np.frombuffer(b"\x02\x00\x7f", bool)
    cells = pd.arrays.IntegerArray(np.array([11, 12, 13], "i2"), mask)
    flags = pd.arrays.BooleanArray(np.frombuffer(b"\x05\x05\x00", bool), mask)
    made = again(pd.DataFrame({"i": cells, "b": flags}))
    assert made["i"].tolist() == [pd.NA, 12, pd.NA] and made["b"].tolist() == [pd.NA, True, pd.NA]


def test_m_float16_and_sparse_and_big_endian():
    made = again(pd.DataFrame({"h": np.array([1.5, np.nan], "f2"), "s": pd.arrays.SparseArray([0, 1]),
                               "e": np.array([1, 2], ">i4")}))
    assert [str(dtype) for dtype in made.dtypes] == ["float16", "int64", "int32"]
    assert made["s"].tolist() == [0, 1] and made["e"].tolist() == [1, 2] and made["h"][0] == 1.5 and np.isnan(made["h"][1])


@pytest.mark.parametrize("cells,expected,note", [
    ([1 + 2j, None], ["(1+2j)", None], "complex128 is stored as text"),
    ([pd.Period("2020-01"), None], ["2020-01", None], "period[M] is stored as text"),
    ([datetime.time(1, 2, tzinfo=datetime.timezone.utc), None], ["01:02:00+00:00", None], "time is stored as text"),
    (["a", 1, None], ["a", "1", None], "a mixture of str, int is stored as text"),
    ([True, 1.5], ["True", "1.5"], "a mixture of bool, float is stored as text"),
    ([[1, "x"], {"a": None}, None], ['[1, "x"]', '{"a": null}', None], "list or dict is stored as JSON text"),
    ([{1, 2}], ["{1, 2}"], "set is stored as text"),
    ([[b"x"]], ["[b'x']"], "list or dict is stored as text"),
    (["\ud800x"], ["\ufffdx"], "1 lone surrogate(s) are no characters and are replaced"),
    ([10**400, 1], [str(10**400), "1"], "whole numbers of this size are stored as text"),
])  # fmt: skip
def test_m_what_no_kind_holds_becomes_text(cells, expected, note):
    notes = []
    series = pd.Series(cells, dtype=object) if isinstance(cells[0], int) else pd.Series(cells)
    made = again(pd.DataFrame({"x": series}), notes)["x"]
    assert made.astype(object).where(made.notna(), None).tolist() == expected
    assert notes == [("x", f"column 'x': {note}")]


@pytest.mark.parametrize("cells,flag", [([[1]], "JSON"), ([{1, 2}], None), (["[1]"], None)])
def test_m_json_texts_are_marked(cells, flag):
    fd = segment(pd.DataFrame({"x": cells}))
    array = _quern.map_segment(fd)[3][0]
    os.close(fd)
    assert array.flags == (getattr(_quern, flag) if flag else 0)


@pytest.mark.parametrize("cells,expected,dtype", [
    ([1, 2**63], [1, 2**63], "uint64"),
    ([1, None], [1.0, None], "float64"),
    ([1, 2.5], [1.0, 2.5], "float64"),
    ([np.int64(1), 2], [1, 2], "int64"),
    ([decimal.Decimal("1.5"), None], [1.5, None], "float64"),
    ([2**64, 1], [float(2**64), 1.0], "float64"),
    ([None, None], [None, None], TEXT),
])
def test_m_objects_that_are_numbers(cells, expected, dtype):
    made = again(pd.DataFrame({"x": pd.Series(cells, dtype=object)}))["x"]
    assert str(made.dtype) == dtype
    assert made.astype(object).where(made.notna(), None).tolist() == expected


@pytest.mark.parametrize("cell,kind", [
    (decimal.Decimal("1.5"), "float64"), (datetime.time(1, 2), "object"), (datetime.date(2020, 1, 2), DATES[0]),
    (datetime.datetime(2020, 1, 2), DATES[1]), (datetime.timedelta(1), "timedelta64[us]" if PANDAS >= 3 else "timedelta64[ns]"),
])
@pytest.mark.parametrize("gone", [None, np.nan, pd.NaT, pd.NA], ids=str)
def test_r_no_sort_of_missing_cell_changes_what_the_others_are(cell, kind, gone):
    made = again(pd.DataFrame({"x": pd.Series([gone, cell, cell, gone], dtype=object)}))["x"]
    assert made.dtype == kind and made.isna().tolist() == [True, False, False, True]
    assert made[1] == (pd.Timestamp(cell) if type(cell) is datetime.date else cell)


def test_r_zones_without_a_name_become_utc():
    def stored(zone):
        notes, times = [], pd.DatetimeIndex(["2020-07-01 12:00"]).tz_localize("UTC").tz_convert(zone)
        made = again(pd.DataFrame({"t": times}), notes)["t"]
        assert made.dt.tz_convert("UTC")[0] == pd.Timestamp("2020-07-01 12:00", tz="UTC")
        return str(made.dt.tz), notes

    assert stored(dateutil.tz.gettz("Europe/Berlin")) == ("Europe/Berlin", [])
    zone = datetime.timezone(datetime.timedelta(hours=2, seconds=30))
    assert stored(zone) == ("UTC", [("t", "column 't': time zone UTC+02:00:30 has no name that others know: the same instants "
                                          "are stored in UTC")])


def test_m_dates_become_times():
    notes = []
    made = again(pd.DataFrame({"d": [datetime.date(2020, 1, 2), None], "t": pd.Series([datetime.datetime(2020, 1, 2), None],
                                                                                         dtype=object)}), notes)
    assert [str(dtype) for dtype in made.dtypes] == DATES
    assert made["d"][0] == pd.Timestamp("2020-01-02") and pd.isna(made["d"][1])
    assert notes == [("d", "column 'd': date is stored as date-time")]
    made = again(pd.DataFrame({"d": [datetime.date(1, 1, 1)]}))
    assert made["d"].astype(str).tolist() == ["0001-01-01"]
    assert made["d"].dtype == (DATES[0] if PANDAS >= 3 else object)


def test_r_names_that_become_equal_stay_distinct():
    made = again(pd.DataFrame([[1, 2, 3]], columns=["a\ud800", "a\ufffd", "a\udfff"]))
    assert list(made.columns) == ["a\ufffd", "a\ufffd (2)", "a\ufffd (3)"]


def test_m_index_is_dropped_and_new():
    made = again(pd.DataFrame({"k": ["a", "b", "c"], "v": [1, 2, 3]}).set_index("k")[1:])
    assert isinstance(made.index, pd.RangeIndex)
    same(made, pd.DataFrame({"v": [2, 3]}))


def test_m_pivot_has_text_names():
    frame = pd.DataFrame({"r": [1, 1, 2], "c": [2019, 2020, 2020], "v": [1.0, 2.0, 3.0]}).pivot(index="r", columns="c")
    assert list(again(frame).columns) == ["('v', 2019)", "('v', 2020)"]


@pytest.mark.parametrize("frame", [pd.DataFrame(), pd.DataFrame(index=range(3)), pd.DataFrame({"a": [], "b": []}),
                                   pd.DataFrame({"s": pd.Series([], dtype=object), "t": pd.to_datetime([]),
                                                 "c": pd.Categorical([]), "b": pd.Series([], dtype=bool)})])
def test_m_empty_frames_keep_their_shape(frame):
    made = again(frame)
    assert made.shape == frame.shape
    assert list(made.columns) == list(frame.columns)
    assert [str(dtype) for dtype in made.dtypes] == [str(dtype).replace("object", TEXT) for dtype in frame.dtypes]


def test_m_ten_thousand_columns():
    frame = pd.DataFrame(np.arange(20000.0).reshape(2, 10000))
    made = again(frame)
    assert made.shape == (2, 10000)
    assert made["9999"].tolist() == [9999.0, 19999.0]


def test_m_strided_blocks():
    values = np.arange(60000.0).reshape(10000, 6)
    values[5000, 3] = np.nan
    made = again(pd.DataFrame(values, columns=list("abcdef")))
    assert np.array_equal(made.to_numpy(), values, equal_nan=True)
    assert again(pd.DataFrame({"r": np.arange(10)[::-1], "s": np.arange(20)[::2]})).to_numpy().tolist() == [
        [9 - i, 2 * i] for i in range(10)]


def test_m_duplicate_names_are_built():
    frame = pd.DataFrame([[1, "x"]], columns=["a", "a"])
    made = again(frame)
    assert list(made.columns) == ["a", "a (2)"]
    assert made.iloc[0].tolist() == [1, "x"]


# ---- refusals ----


def test_l_result_beyond_its_limit():
    with pytest.raises(_quern.Failure) as raised:
        segment(pd.DataFrame({"a": np.zeros(100000)}), limit=1000)
    assert raised.value.reason == _quern.REASON_LIMIT_OUTPUT
    assert str(raised.value) == "a result of 800320 bytes is larger than its limit of 1000 bytes (--file)"


def test_f_only_segments_are_mapped():
    fd = os.memfd_create("x")
    os.pwrite(fd, b"\0" * 4096, 0)
    with pytest.raises(_quern.Failure) as raised:
        _quern.map_segment(fd)
    assert str(raised.value) == "an input is not a segment"
    os.close(fd)


@pytest.mark.parametrize("values,text", [
    (np.zeros(3), "expected 4 values of 8 bytes, found 3 of 8"),
    (np.zeros(4, "f4"), "expected 4 values of 8 bytes, found 4 of 4"),
    (np.zeros((2, 2)), "expected an array of one dimension, found 2"),
])
def test_f_writer_looks_at_its_buffers(values, text):
    array = columns.Array(_quern.FLOAT64, values, 4, name=b"x")
    with pytest.raises(ValueError) as raised:
        _quern.write_segment(-1, (array.packed(),), 1, 4, _quern.PROFILE_NS, 1 << 20)
    assert str(raised.value) == text


def test_f_cells_that_changed_behind_the_scan():
    for cells in (["longer than announced", "b"], [None, "b"]):
        values = columns.objects_of(cells)
        array = columns.Array(_quern.UTF8, values, 2, name=b"x", data_bytes=2)
        with open(os.memfd_create("x"), "wb") as file, pytest.raises(_quern.Failure) as raised:
            _quern.write_segment(file.fileno(), (array.packed(),), 1, 2, _quern.PROFILE_NS, 1 << 20)
        assert str(raised.value) == "a column of 2 cells changed while it was written"


def test_f_fill_refuses_wrong_homes():
    fd = segment(pd.DataFrame({"s": ["x", "y"]}))
    mapping = _quern.map_segment(fd)[0]
    os.close(fd)
    for home, error in ((np.empty(3, object), ValueError), (np.zeros(2), ValueError), ([1, 2], TypeError)):
        with pytest.raises(error):
            _quern.fill(home, mapping, 0, None)
    with pytest.raises(IndexError):
        _quern.fill(np.empty(2, object), mapping, 7, None)
    with pytest.raises(TypeError):
        _quern.fill(np.empty(2, object), b"no mapping", 0, None)


def test_b_descriptors_are_not_leaked():
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        again(pd.DataFrame({"a": [1], "s": ["x"]}))
    assert len(os.listdir("/proc/self/fd")) == before


def test_b_references_are_not_leaked():
    cell, frame = "a text of its own", None
    frame = pd.DataFrame({"s": [cell] * 3})
    before = sys.getrefcount(cell)
    for _ in range(50):
        again(frame)
    assert sys.getrefcount(cell) == before


def test_b_module_under_test_is_the_built_one():
    assert os.path.dirname(_quern.__file__) == glue_job.module_directory()
