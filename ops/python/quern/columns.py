# SPDX-License-Identifier: Apache-2.0
"""Data frames as segments: which kind each column becomes (schemas/kinds.def), never by index, always by position.

What no kind can hold becomes the nearest one, else text, and a note says so.
"""
import json
from typing import NamedTuple

import numpy as np
import pandas as pd

import _quern
from quern import failures

NO_DICTIONARY = 0xFFFFFFFF
NOT_A_TIME = -2**63
EXACT = 2**53  # whole numbers beyond it are not all doubles
BYTES = (bytes, bytearray, memoryview)
UNITS = {"s": 0, "ms": 1, "us": 2, "ns": 3}
INTEGERS = {("i", 1): _quern.INT8, ("i", 2): _quern.INT16, ("i", 4): _quern.INT32, ("i", 8): _quern.INT64,
            ("u", 1): _quern.UINT8, ("u", 2): _quern.UINT16, ("u", 4): _quern.UINT32, ("u", 8): _quern.UINT64}
FLOATS = {2: _quern.FLOAT16, 4: _quern.FLOAT32, 8: _quern.FLOAT64}
NUMBERS = _quern.FOUND_INTEGER | _quern.FOUND_REAL


class Array(NamedTuple):
    """One array for _quern.write_segment(). mask: True where missing (FLAGS, NULLABLE); nulls: make room for missing ones;
    data_bytes: of all text or bytes."""

    kind: int
    values: object
    length: int
    name: bytes = b""
    flags: int = 0
    unit: int = 0
    zone: bytes = b""
    dictionary: int = NO_DICTIONARY
    mask: object = None
    nulls: bool = False
    data_bytes: int = 0

    def packed(self):
        """The order of _quern.write_segment()."""
        return (self.kind, self.name, self.flags, self.unit, self.zone, self.dictionary, self.length, self.values,
                self.mask, self.nulls, self.data_bytes)


def segment(frame, names, profile, limit, note, file, strict=False):
    """Writes a segment with the columns of `frame`, called `names`, into the empty `file`; at most `limit` bytes. strict: objects that
    only text can hold are a TypeError."""
    arrays, dictionaries = [], []
    for name, (_, series) in zip(names, frame.items()):
        array, values = storable(series, name, Notes(name, note, strict))
        if values is not None:
            array = array._replace(dictionary=len(names) + len(dictionaries))
            dictionaries.append(values)
        arrays.append(array._replace(name=name.encode("utf-8", "replace")))
    packed = tuple(array.packed() for array in arrays + dictionaries)
    _quern.write_segment(file, packed, len(arrays), len(frame), profile, limit)


def storable(series, name, note):
    """column(); what the script's own classes raise becomes a TypeError that names the column and keeps their traceback."""
    try:
        return column(series, note)
    except (MemoryError, _quern.Failure):
        raise
    except Exception as error:
        why = f"{failures.type_of(error)}: {failures.text_of(error)}"
        raise TypeError(f"column {name!r} cannot be stored: {why}; make it text or numbers before it is returned, such as "
                        "with .map(repr)").with_traceback(error.__traceback__) from error


class Notes:
    """Says once per column and text what is not stored as it is."""

    def __init__(self, name, note, strict):
        self.name, self.note, self.strict, self.said = name, note, strict, set()

    def __call__(self, text):
        if text not in self.said:
            self.said.add(text)
            self.note(self.name, f"column {self.name!r}: {text}")


def column(series, note):
    """(Array, Array of dictionary values or None) of one column."""
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return categorical(series, note)
    if isinstance(dtype, np.dtype):
        return plain(np.asarray(series), note), None
    return extension(series, dtype, note), None


def plain(values, note):
    """A NumPy array of one dimension."""
    if not values.dtype.isnative:
        values = values.astype(values.dtype.newbyteorder("="))
    kind, size = values.dtype.kind, values.dtype.itemsize
    if (kind, size) in INTEGERS:
        return Array(INTEGERS[kind, size], values, len(values))
    if kind == "f":
        return real(values, note)
    if kind == "b":
        return Array(_quern.BOOL, values, len(values))
    if kind in "mM":
        return times(values)
    if kind == "O":
        return objects(values, note)
    return text(values.astype(object), note, f"{values.dtype} is stored as text")


def real(values, note):
    size = values.dtype.itemsize
    if size > 8:
        if len(values):
            note(f"{values.dtype} is stored as float64")
        values = values.astype(np.float64)
    return Array(FLOATS[values.dtype.itemsize], values, len(values))


def times(values, zone=b""):
    """datetime64 and timedelta64 of any unit; instants with a zone in UTC."""
    unit = np.datetime_data(values.dtype)[0]
    if unit not in UNITS:
        unit, values = "s", values.astype(f"{values.dtype.kind}8[s]")
    kind = _quern.TIMESTAMP if values.dtype.kind == "M" else _quern.DURATION
    return Array(kind, values.view("i8"), len(values), unit=UNITS[unit], zone=zone)


def extension(series, dtype, note):
    """What pandas adds to NumPy: zones, nullable numbers, strings, sparse, period, interval, Arrow."""
    if isinstance(dtype, pd.DatetimeTZDtype):
        return times(np.asarray(series, dtype=f"M8[{dtype.unit}]"), zone_name(dtype.tz, note))
    if isinstance(dtype, pd.SparseDtype):
        return plain(np.asarray(series), note)
    if isinstance(dtype, pd.StringDtype):
        array = objects(series.to_numpy(object), note)
        return array._replace(flags=_quern.NULLABLE) if is_nullable(dtype) and array.kind == _quern.UTF8 else array
    kind = getattr(dtype, "kind", "O")
    if kind in "iufb":
        return nullable(series, dtype, kind, note)
    if isinstance(dtype, (pd.PeriodDtype, pd.IntervalDtype)):
        return text(series.to_numpy(object), note, f"{dtype} is stored as text")
    return objects(series.to_numpy(object), note)


def is_nullable(dtype):
    """Whether a StringDtype is `string`, whose missing value is NA, and not pandas 3's `str`, whose is NaN."""
    return getattr(dtype, "na_value", pd.NA) is pd.NA


def nullable(series, dtype, kind, note):
    """Int64, Float32, boolean and their like: values, of which a missing one is 0, and a mask."""
    width = np.dtype(bool) if kind == "b" else getattr(dtype, "numpy_dtype", np.dtype("f8"))
    if width == np.float16:  # a dtype of Arrow's: pandas has no nullable halves
        return plain(series.to_numpy(width, na_value=np.nan), note)
    missing = series.isna().to_numpy(bool)
    array = plain(series.to_numpy(width, na_value=width.type(0)), note)
    return array._replace(flags=_quern.NULLABLE, mask=missing, nulls=bool(missing.any()))


def zone_name(zone, note):
    """IANA name of a time zone, or +hh:mm of a fixed distance from UTC; else UTC, in which the instants are the same."""
    name, offset = known_name(zone), zone.utcoffset(None)
    if not name and offset is not None and offset.total_seconds() % 60 == 0:
        name = fixed_offset(offset)
    if not name:
        note(f"time zone {zone} has no name that others know: the same instants are stored in UTC")
    return (name or "UTC").encode("utf-8", "replace")


def known_name(zone):
    """As pytz, zoneinfo and dateutil keep it."""
    file = getattr(zone, "_filename", None)
    inside = file.rpartition("/zoneinfo/")[2] if isinstance(file, str) and "/zoneinfo/" in file else None
    return getattr(zone, "zone", None) or getattr(zone, "key", None) or inside


def fixed_offset(offset):
    minutes = round(offset.total_seconds() / 60)
    return "UTC" if minutes == 0 else f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def objects(values, note):
    """An object array: text, bytes, flags, numbers or times if its cells are all of that kind, else text."""
    scan = _quern.scan(values, pd.NaT, pd.NA)
    if scan.found in (0, _quern.FOUND_TEXT):
        return strings(values, scan, note)
    if scan.found == _quern.FOUND_BYTES:
        return Array(_quern.BINARY, values, len(values), nulls=scan.missing > 0, data_bytes=scan.bytes)
    if scan.found == _quern.FOUND_FLAG:
        return flags(values)
    if not scan.found & ~NUMBERS:
        return numbers(values, scan.found == _quern.FOUND_INTEGER, note)
    return inferred(values, note)


def strings(values, scan, note):
    if scan.surrogates:
        note(f"{scan.surrogates} lone surrogate(s) are no characters and are replaced")
        values = objects_of([cell.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
                             if isinstance(cell, str) else None for cell in values])
        scan = _quern.scan(values, pd.NaT, pd.NA)
    return Array(_quern.UTF8, values, len(values), nulls=scan.missing > 0, data_bytes=scan.bytes)


def objects_of(cells):
    """An object array of one dimension, whatever the cells are."""
    values = np.empty(len(cells), object)
    values[:] = cells
    return values


def flags(values):
    missing = pd.isna(values)
    present = np.where(missing, False, values).astype(bool)
    if not missing.any():
        return Array(_quern.BOOL, present, len(values))
    return Array(_quern.FLAGS, present, len(values), mask=missing, nulls=True)


def numbers(values, whole, note):
    """Python numbers: int64 or uint64 if all are whole and present, else float64."""
    missing = pd.isna(values)
    if whole and not missing.any():
        for dtype in ("i8", "u8"):
            try:
                return plain(values.astype(dtype), note)
            except OverflowError:
                continue
    try:
        reals = np.where(missing, np.nan, values).astype("f8")
    except OverflowError:
        return text(values, note, "whole numbers of this size are stored as text")
    if any(isinstance(cell, int) and abs(cell) > EXACT for cell in values):
        note("whole numbers beyond 2**53 are rounded to float64")
    return Array(_quern.FLOAT64, reals, len(values))


def inferred(values, note):
    """Cells that are neither str nor bytes nor Python numbers, or not all of one kind."""
    missing = pd.isna(values)
    present, values = values[~missing], np.where(missing, None, values)
    kind = pd.api.types.infer_dtype(present, skipna=False)  # a NaT among the others would make it doubt
    if kind == "boolean":
        return flags(values)
    if kind in ("integer", "floating", "mixed-integer-float", "decimal"):
        if kind == "decimal":
            note("decimal is stored as float64")
        return numbers(values, kind == "integer", note)
    if kind in ("datetime", "datetime64", "date"):
        return dates(values, kind, note)
    if kind == "time" and all(cell.tzinfo is None for cell in present):
        return times_of_day(values)
    if kind in ("timedelta", "timedelta64"):
        return durations(values, note)
    if all(isinstance(cell, BYTES) for cell in present):
        return objects(objects_of([bytes(cell) if isinstance(cell, BYTES) else None for cell in values]), note)
    if note.strict:
        raise TypeError(f"it holds {kinds(present)}, and the job is strict")
    if all(isinstance(cell, (list, dict)) for cell in present):
        return documents(values, note)
    return text(values, note, f"{kinds(present)} is stored as text")


def dates(values, kind, note):
    """datetime and date objects; those that ns cannot hold become text."""
    try:
        series = pd.Series(pd.to_datetime(pd.Series(values, dtype=object)))
    except (ValueError, OverflowError, TypeError):
        series = None
    if series is None or series.dtype == object:
        return text(values, note, f"{kind} with values that no time column holds is stored as text")
    if kind == "date":
        note("date is stored as date-time")
    return column(series, note)[0]


def durations(values, note):
    """timedelta objects; those that ns cannot hold become text."""
    try:
        return times(pd.to_timedelta(pd.Series(values, dtype=object)).to_numpy())
    except (ValueError, OverflowError):
        return text(values, note, "timedelta with values that no duration column holds is stored as text")


def times_of_day(values):
    """datetime.time objects without a zone, as nanoseconds since midnight."""
    cells = [NOT_A_TIME if gone else
             (((cell.hour * 60 + cell.minute) * 60 + cell.second) * 10**6 + cell.microsecond) * 1000
             for cell, gone in zip(values, pd.isna(values))]
    return Array(_quern.TIME, np.array(cells, "i8"), len(cells))


def documents(values, note):
    try:
        cells = [json.dumps(cell, allow_nan=False) if isinstance(cell, (list, dict)) else None for cell in values]
    except (TypeError, ValueError, RecursionError):
        return text(values, note, "list or dict is stored as text")
    note("list or dict is stored as JSON text")
    return objects(objects_of(cells), note)._replace(flags=_quern.JSON)


def kinds(cells):
    """The types of the first cells that differ, for people."""
    names = list(dict.fromkeys(type(cell).__name__ for cell in cells))
    return names[0] if len(names) == 1 else f"a mixture of {', '.join(names[:3])}"


def text(values, note, why):
    """Every present cell by str()."""
    if len(values):
        note(why)
    cells = [None if gone else str(cell) for cell, gone in zip(values, pd.isna(values))]
    return objects(objects_of(cells), note)


def categorical(series, note):
    """Codes and their values. Where the values do not stay distinct, the column is stored cell by cell."""
    column_values = series.array
    categories = column_values.categories
    values, nested = column(pd.Series(categories), note)
    if nested is not None or values.nulls or not distinct(values):
        return column(pd.Series(np.asarray(column_values, dtype=object), dtype=object), note)
    count = len(categories)
    kind, dtype = ((_quern.CODES8, "i1") if count < 127 else
                   (_quern.CODES16, "i2") if count < 32767 else (_quern.CODES32, "i4"))
    codes = column_values.codes.astype(dtype, copy=False)
    ordered = _quern.ORDERED if column_values.ordered else 0
    return Array(kind, codes, len(codes), flags=ordered), values


def distinct(array):
    values = pd.Index(array.values)
    return values.is_unique and not (array.kind != _quern.BINARY and values.hasnans)
