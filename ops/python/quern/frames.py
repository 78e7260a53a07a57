# SPDX-License-Identifier: Apache-2.0
"""Segments as data frames: views on mapped memory, no copy (include/quern/segment.h)."""
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


def frame(fd, note=lambda about, text: None):
    """The DataFrame of a segment: index 0..rows-1, one array per column, writable and private to this process.

    fd: a sealed segment; may be closed afterwards. note(about, text) is told what could not be kept.
    """
    mapping, rows, count, arrays = _quern.map_segment(fd)
    names = [array.name for array in arrays[:count]]
    values = [column(mapping, arrays, i, note) for i in range(count)]
    distinct = dict(zip(names, values))
    if 0 < len(distinct) == count:
        return pd.DataFrame(distinct, index=pd.RangeIndex(rows), copy=False)
    made = pd.DataFrame(dict(enumerate(values)), index=pd.RangeIndex(rows), copy=False)
    made.columns = pd.Index(names, dtype=None if count else object)
    return made


def column(mapping, arrays, index, note, name=None):
    """One array of a segment as what a DataFrame takes without copying it. name: of the column that it is values of."""
    array = arrays[index]
    name = array.name if name is None else name
    if array.kind in (_quern.CODES8, _quern.CODES16, _quern.CODES32):
        return categorical(mapping, arrays, array, note)
    if array.kind in (_quern.UTF8, _quern.BINARY) or (array.kind == _quern.BOOL and array.null_count):
        return objects(mapping, array, index)
    if array.kind == _quern.NULL:
        return np.full(array.length, None, object)
    if array.kind == _quern.TIME:
        return times_of_day(mapping, array, index, note, name)
    values = view(mapping, array)
    if array.inexact:
        note(name, f"column {name!r}: {rounded(array)}")
    return zoned(values, array, note, name) if array.zone else values


def rounded(array):
    """Why doubles are not what the file holds."""
    values = f"{array.inexact} value{'s' * (array.inexact > 1)}"
    if array.flags & _quern.DECIMAL:
        return f"decimal became double; {values} lost digits"
    return f"integers with missing values became double; {values} beyond 2**53 lost precision"


def view(mapping, array):
    """Writable NumPy array on the mapping, which it keeps alive."""
    dtype = DTYPES[array.kind]
    if array.kind in (_quern.TIMESTAMP, _quern.DURATION):
        dtype += f"[{UNITS[array.unit]}]"
    if array.length == 0:
        return np.empty(0, dtype)
    return np.frombuffer(mapping, dtype, array.length, array.offset)


def objects(mapping, array, index):
    """str, bytes, times of day, or True and False; a missing one is NaN (bytes, times: None)."""
    values = np.empty(array.length, object)
    if array.length:
        _quern.fill(values, mapping, index, None if array.kind in (_quern.BINARY, _quern.TIME) else NAN)
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
    if PANDAS < (2, 0):
        return pd.arrays.DatetimeArray(values, dtype=dtype)
    return pd.DatetimeIndex(values, copy=False).tz_localize("UTC").tz_convert(dtype.tz).array


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
