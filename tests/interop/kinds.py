# SPDX-License-Identifier: Apache-2.0
"""The Arrow types that datasets take, with values at their limits, and tables made of them."""
import decimal
import itertools
import struct
from typing import NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa

INF = float("inf")
WORDS = ["", "twelve bytes", "thirteen byte", "größe", "漢字 🦆", "null", "NaN", "0", " a\tb\n ", "x" * 5000]
BYTES = [b"", b"\xff\xfe", b"\0", "é".encode()[:1], b"thirteen byte", b"\xed\xa0\x80", b"x" * 5000, b"text", b"\0" * 20]
SECONDS = [0, 1, -1, 1709208000, -2208988800, 9223372036, -9223372036, 86399]  # as far as nanoseconds reach
DAYS = [0, 1, -1, 19782, -25567, 106751, -106751]


class Kind(NamedTuple):
    """A type and values of it. `values`: Python's, or integers since 1970 for times."""

    name: str
    type: pa.DataType
    values: list


def limits(bits, signed):
    low, high = (-2 ** (bits - 1), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return [low, high, 0, 1, 7, high - 1]


def floats(code, bits):
    """Values by their bit patterns: -0.0, infinities, the smallest and largest subnormal, the largest and a usual one."""
    return [struct.unpack(code, raw.to_bytes(struct.calcsize(code), "little"))[0] for raw in bits]


def times(unit, seconds):
    scale = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    return [second * scale + (scale > 1) for second in seconds]


INTEGERS = [Kind(f"{'' if signed else 'u'}int{bits}", getattr(pa, f"{'' if signed else 'u'}int{bits}")(), limits(bits, signed))
            for signed in (True, False) for bits in (8, 16, 32, 64)]
FLOATS = [
    Kind("halffloat", pa.float16(), [np.float16(v) for v in floats("<e", [1 << 15, 0x7C00, 0xFC00, 1, 0x03FF, 0x7BFF, 0x2E66])]),
    Kind("float", pa.float32(), floats("<f", [1 << 31, 0x7F800000, 0xFF800000, 1, 0x007FFFFF, 0x7F7FFFFF, 0x3DCCCCCD])),
    Kind("double", pa.float64(), floats("<d", [1 << 63, 0x7FF << 52, 0xFFF << 52, 1, (1 << 52) - 1, 0x7FEFFFFFFFFFFFFF,
                                               0x3FB999999999999A])),
]
DECIMALS = [Kind(str(kind), kind, [decimal.Decimal(word) for word in words]) for kind, words in [
    (pa.decimal32(9, 2), ["0", "1.25", "-0.01", "1234567.89", "-9999999.99"]),
    (pa.decimal64(18, 3), ["0", "1.25", "-0.001", "123456789012345.678"]),
    (pa.decimal128(9, 2), ["0", "1.25", "-0.01", "1234567.89", "-9999999.99"]),
    (pa.decimal128(38, 9), ["0", "0.1", "12345678901234567890123456789.123456789", "-1.000000001"]),
    (pa.decimal256(76, 2), ["0", "1.25", "-0.01", "1234567.89", "9" * 74 + ".99"])]]
TEXTS = [Kind(str(kind), kind, WORDS) for kind in (pa.utf8(), pa.large_utf8(), pa.string_view())]
BINARIES = [*(Kind(str(kind), kind, BYTES) for kind in (pa.binary(), pa.large_binary(), pa.binary_view())),
            Kind("fixed_size_binary[3]", pa.binary(3), [b"\0\0\0", b"\xff\xfe\xfd", b"abc", b"\xed\xa0\x80"])]
TIMES = [Kind(f"timestamp[{unit}]", pa.timestamp(unit), times(unit, SECONDS)) for unit in ("s", "ms", "us", "ns")]
ZONES = [Kind(f"timestamp[{unit}, {zone}]", pa.timestamp(unit, zone), times(unit, SECONDS[:5]))
         for unit, zone in [("ns", "UTC"), ("us", "Europe/Berlin"), ("s", "America/St_Johns"), ("ms", "+02:00")]]
DURATIONS = [Kind(f"duration[{unit}]", pa.duration(unit), times(unit, SECONDS)) for unit in ("s", "ms", "us", "ns")]
DAY_SECONDS = [0, 1, 59, 3600, 45296, 86399]
DAY_TIMES = [Kind(f"{name}[{unit}]", getattr(pa, name)(unit), times(unit, DAY_SECONDS))
             for name, unit in [("time32", "s"), ("time32", "ms"), ("time64", "us")]]
DAY_TIMES.append(Kind("time64[ns]", pa.time64("ns"), [second * 10**9 + 1000 for second in DAY_SECONDS]))
DATES = [Kind("date32", pa.date32(), DAYS), Kind("date64", pa.date64(), [day * 86400000 for day in DAYS])]
DICTIONARIES = [
    Kind("dictionary of utf8", pa.dictionary(pa.int8(), pa.utf8()), WORDS),
    Kind("ordered dictionary of utf8", pa.dictionary(pa.int32(), pa.utf8(), ordered=True), WORDS),
    Kind("dictionary of large_utf8", pa.dictionary(pa.uint16(), pa.large_utf8()), WORDS),
    Kind("dictionary of utf8_view", pa.dictionary(pa.int8(), pa.string_view()), WORDS),
    Kind("dictionary of int64", pa.dictionary(pa.int64(), pa.int64()), [2**63 - 1, -2**63, 5, 0]),
    Kind("dictionary of double", pa.dictionary(pa.int16(), pa.float64()), [0.5, INF, -INF, 2.0**-1074]),
    Kind("dictionary of timestamp[us]", pa.dictionary(pa.int8(), pa.timestamp("us")), times("us", SECONDS)),
    Kind("dictionary of binary", pa.dictionary(pa.int8(), pa.binary()), BYTES),
    *(Kind(f"dictionary of {kind.name}", pa.dictionary(pa.int8(), kind.type), list(dict.fromkeys(kind.values)))
      for kind in [*INTEGERS, *FLOATS] if kind.type not in (pa.int64(), pa.float64())),
]
KINDS = [Kind("null", pa.null(), [None]), *INTEGERS, *FLOATS, *DECIMALS, Kind("bool", pa.bool_(), [True, False]), *TEXTS, *BINARIES, *DICTIONARIES, *TIMES, *ZONES,
         *DURATIONS, *DAY_TIMES, *DATES]
BY_NAME = {kind.name: kind for kind in KINDS}

# Rows, where the missing ones are, and rows per record batch (None: one batch).
PATTERNS = {
    "whole": (23, lambda row: False, None),
    "some missing": (23, lambda row: row % 3 == 1, None),
    "all missing": (9, lambda row: True, None),
    "empty": (0, lambda row: False, None),
    "one row": (1, lambda row: False, None),
    "many batches": (100, lambda row: 40 <= row < 50 or row == 99, 7),
    "many whole batches": (100, lambda row: False, 7),
}


def cells(kind, pattern):
    """Values with None where one is missing."""
    rows, missing, _ = PATTERNS[pattern]
    return [None if missing(row) else value for row, value in zip(range(rows), itertools.cycle(kind.values))]


def array(kind, pattern):
    """A pyarrow array; those of dictionaries hold one value that no row uses."""
    values = cells(kind, pattern)
    if not pa.types.is_dictionary(kind.type):
        return pa.array(values, kind.type)
    places = {value: place for place, value in enumerate(kind.values)}
    indices = pa.array([None if value is None else places[value] for value in values], kind.type.index_type)
    words = pa.array([*kind.values, unused(kind)], kind.type.value_type)
    return pa.DictionaryArray.from_arrays(indices, words, ordered=kind.type.ordered)


def unused(kind):
    return {str: "unused", bytes: b"unused", int: 77, float: 77.0, np.float16: np.float16(77)}[type(kind.values[0])]


def table(pattern, names=None):
    """A pyarrow table with a column per type."""
    return pa.table({name: array(BY_NAME[name], pattern) for name in names or BY_NAME})


# pandas' nullable dtypes, which only the schema's metadata tell, with three cells each.
NULLABLES = {**{f"{'' if signed else 'U'}Int{bits}": limits(bits, signed)[:3] for signed in (True, False) for bits in (8, 16, 32, 64)},
             "Float32": [0.5, -1.5, 2.0**-149], "Float64": [0.5, INF, 2.0**-1074], "boolean": [True, False, True],
             "string": ["a", "größe", ""]}

# What polars has, and what it writes itself: views, indices of 32 bits, three units.
POLARS = [kind.name for kind in [*INTEGERS, *FLOATS[1:], BY_NAME["bool"], BY_NAME["string_view"], BY_NAME["binary_view"],
                                 *TIMES[1:], ZONES[0], ZONES[1], *DURATIONS[1:], BY_NAME["null"], DAY_TIMES[3], DATES[0]]]


def polars_frame(pattern):
    """A polars frame of every type it has, Categorical and Enum among them."""
    made = pl.from_arrow(table(pattern, POLARS), rechunk=False)
    words = cells(BY_NAME["string_view"], pattern)
    return made.with_columns(pl.Series("categorical", words, pl.Categorical),
                             pl.Series("enum", words, pl.Enum([*WORDS, "unused"])))
