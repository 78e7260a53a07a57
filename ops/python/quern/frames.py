# SPDX-License-Identifier: Apache-2.0
"""Segments as data frames: views on mapped memory, no copy (include/quern/segment.h)."""
import sys

import numpy as np
import pandas as pd

import _quern

DTYPES = {
    _quern.INT8: "i1", _quern.INT16: "i2", _quern.INT32: "i4", _quern.INT64: "i8",
    _quern.UINT8: "u1", _quern.UINT16: "u2", _quern.UINT32: "u4", _quern.UINT64: "u8",
    _quern.FLOAT16: "f2", _quern.FLOAT32: "f4", _quern.FLOAT64: "f8", _quern.BOOL: "?", _quern.TIMESTAMP: "M8", _quern.DURATION: "m8", _quern.TIME: "i8",
    _quern.CODES8: "i1", _quern.CODES16: "i2", _quern.CODES32: "i4",
}  # fmt: skip
UNITS = ("s", "ms", "us", "ns")
NAN = float("nan")
PANDAS = tuple(int(part) for part in pd.__version__.split(".")[:2])
# From pandas 3 on, text is pyarrow's where that is installed, which pandas then has loaded: it can stay where it is.
ARROW = sys.modules.get("pyarrow") if PANDAS >= (3, 0) else None


class Column:
    """One array of a mapped segment, for whoever asks by the Arrow PyCapsule interface."""

    def __init__(self, mapping, index):
        self.mapping, self.index = mapping, index

    def __arrow_c_array__(self, requested_schema=None):
        return _quern.lend(self.mapping, self.index)


def frame(fd, note=lambda about, text: None):
    """The DataFrame of a segment: index 0..rows-1, one array per column, writable and private to this process. (From
    pandas 3 on, Copy-on-Write hands arrays out read-only; assignments through the frame copy the column they change.)

    fd: a sealed segment; may be closed afterwards. note(about, text) is told what could not be kept.
    """
    return made(_quern.map_segment(fd), note)


def made(segment, note):
    """The same of what _quern.map_segment() gave."""
    mapping, rows, count, arrays = segment
    names = [array.name for array in arrays[:count]]
    values = [column(mapping, arrays, i, note) for i in range(count)]
    distinct = dict(zip(names, values))
    if 0 < len(distinct) == count:
        return pd.DataFrame(distinct, index=pd.RangeIndex(rows), copy=False)
    numbered = pd.DataFrame(dict(enumerate(values)), index=pd.RangeIndex(rows), copy=False)
    numbered.columns = pd.Index(names, dtype=None if count else object)
    return numbered


def column(mapping, arrays, index, note, name=None):
    """One array of a segment as what a DataFrame takes without copying it. name: of the column that it is values of."""
    array = arrays[index]
    name = array.name if name is None else name
    if array.kind in (_quern.CODES8, _quern.CODES16, _quern.CODES32) and not array.flags & _quern.CELLS:
        return categorical(mapping, arrays, array, note)
    if array.flags & _quern.NULLABLE:
        return nullable(mapping, array, index)
    if array.kind == _quern.UTF8 or array.flags & _quern.CELLS:
        return text(mapping, array, index)
    if array.kind in (_quern.BINARY, _quern.FLAGS):
        return objects(mapping, array, index)
    if array.kind == _quern.NULL:
        return np.full(array.length, None, object)
    if array.kind == _quern.TIME:
        return times_of_day(mapping, array, index, note, name)
    values = view(mapping, array)
    if array.inexact:
        note(name, f"column {name!r}: {rounded(array)}")
    return zoned(values, array, note, name) if array.zone else values


def nullable(mapping, array, index):
    """A column of pandas' nullable types: Int64, Float32, boolean, string and their like."""
    if array.kind == _quern.UTF8 or array.flags & _quern.CELLS:
        return pd.arrays.StringArray(objects(mapping, array, index, pd.NA))
    values = view(mapping, array)
    missing = (np.frombuffer(mapping, "?", array.length, array.nulls) if array.null_count
               else np.zeros(array.length, "?"))
    kind = (pd.arrays.BooleanArray if array.kind == _quern.BOOL else
            pd.arrays.FloatingArray if array.kind in (_quern.FLOAT32, _quern.FLOAT64) else pd.arrays.IntegerArray)
    return kind(values, missing, copy=False)


def rounded(array, advice=", which --decimals text keeps"):
    """Why doubles are not what the file holds."""
    values = f"{array.inexact} value{'s' * (array.inexact > 1)}"
    if array.flags & _quern.DECIMAL:
        return f"decimal became double; {values} lost digits{advice}"
    return f"integers with missing values became double; {values} beyond 2**53 lost precision"


def view(mapping, array):
    """Writable NumPy array on the mapping, which it keeps alive."""
    dtype = DTYPES[array.kind]
    if array.kind in (_quern.TIMESTAMP, _quern.DURATION):
        dtype += f"[{UNITS[array.unit]}]"
    if array.length == 0:
        return np.empty(0, dtype)
    return np.frombuffer(mapping, dtype, array.length, array.offset)


def text(mapping, array, index):
    """Text has the dtype that pandas gives it: object up to 2, str from 3 on, which would else depend on whether a cell is
    there to be seen; object also there for old scripts."""
    if PANDAS < (3, 0) or is_object(pd.Series([""])):
        return objects(mapping, array, index)
    if ARROW is not None:
        lent = ARROW.array(Column(mapping, index))
        return pd.array(lent.dictionary_decode() if array.flags & _quern.CELLS else lent, dtype="str", copy=False)
    return pd.array(objects(mapping, array, index), dtype="str", copy=False)


def is_object(series):
    """What pandas makes of text. Its option would say so as well, with a warning, which scripts may have made an error."""
    return series.dtype == object


def objects(mapping, array, index, missing=NAN):
    """str, bytes, times of day, or True and False; a missing one is `missing` (bytes, times: None)."""
    values = np.empty(array.length, object)
    if array.length:
        _quern.fill(values, mapping, index, None if array.kind in (_quern.BINARY, _quern.TIME) else missing)
    return values


def times_of_day(mapping, array, index, note, name):
    """datetime.time, None where one is missing. Python's know microseconds only."""
    nanoseconds = view(mapping, array)
    lost = int(np.count_nonzero((nanoseconds % 1000 != 0) & (nanoseconds >= 0)))
    if lost:
        note(name, f"column {name!r}: {lost} time{'s' * (lost > 1)} lost nanoseconds, which datetime.time "
                         "does not have")
    return objects(mapping, array, index)


def zoned(values, array, note, name):
    """Instants in UTC, shown in the column's time zone."""
    try:
        dtype = pd.DatetimeTZDtype(UNITS[array.unit], array.zone)
    except Exception as error:  # each library of time zones has its own
        note(name, f"column {name!r}: time zone {array.zone!r} is not known here ({error!r}), UTC is used")
        dtype = pd.DatetimeTZDtype(UNITS[array.unit], "UTC")
    return pd.array(values.view("i8"), dtype=dtype, copy=False)


def categorical(mapping, arrays, array, note):
    """Categorical on shared codes. The maker checked the codes, so that pandas need not read them all."""
    codes = view(mapping, array)
    values = column(mapping, arrays, array.dictionary, note, array.name)
    if arrays[array.dictionary].kind == _quern.FLOAT16:
        values = values.astype("f4")  # no Index holds halves
    if arrays[array.dictionary].kind == _quern.TIME:
        codes, values = without_repetitions(codes, values)
    categories = pd.Index(values)
    dtype = pd.CategoricalDtype(categories, ordered=bool(array.flags & _quern.ORDERED))
    if PANDAS < (2, 1):
        return pd.Categorical(codes, dtype=dtype, fastpath=True)
    return pd.Categorical.from_codes(codes, dtype=dtype, validate=False)


def without_repetitions(codes, values):
    """(codes, values) after times that differed by nanoseconds have become one."""
    places, distinct = pd.factorize(values)
    if len(distinct) == len(values):
        return codes, values
    width = "i1" if len(distinct) < 127 else "i2" if len(distinct) < 32767 else "i4"  # that pandas picks
    return np.append(places, -1)[codes].astype(width), distinct
