# SPDX-License-Identifier: Apache-2.0
"""The sorts of columns that scripts make: what their cells are, what a DataFrame takes for them, what a file shall hold.

Imports pandas only in what builds, which happens in jobs (pandas_frames.py).
"""
import datetime
import decimal
import fractions
import json
import pathlib
import re
import struct
import uuid
from typing import NamedTuple

PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
EPOCH = datetime.datetime(1970, 1, 1)
ZONES = ("UTC", "Europe/Berlin", "America/St_Johns", "+05:30", "-09:30")
WORDS = ("", "plain", "größe", "漢字 🦆", "null", "NaN", "a\0b", "x" * 300, " a\tb\n")


class Missing(NamedTuple):
    """A missing cell among objects. sort: None, nan, NaT or pd.NA."""

    sort: int


class Kind(NamedTuple):
    """One sort of column: a row of docs/types.md.

    cell(chance): a random one, never missing; missing: whether the column can have some (among objects: of several sorts).
    build(cells): what a DataFrame takes; plain(cell, stored): what is found in a file, there of the type `stored`; note: what
    is said of a column that has cells; always: the first cells, without which it would be of another kind.
    """

    cell: object
    build: object
    plain: object = lambda cell, stored: cell
    missing: bool = True
    note: str = ""
    objects: bool = False
    category: bool = False
    always: tuple = ()


# ---- cells ----


def integer(bits, signed):
    low, high = (-2 ** (bits - 1), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return lambda chance: chance.choice([low, high, 0, 1, chance.randint(low, high)])


def real(code):
    """A double that the width holds."""
    size = struct.calcsize(code)

    def cell(chance):
        value = struct.unpack(code, chance.randbytes(size))[0]
        return chance.choice([0.0, -0.0, 0.5, float("inf"), 1.5, 0.25 if value != value else value])

    return cell


def bits(value, stored=""):
    return struct.pack("<d", value)


def seconds(chance):
    return chance.choice([0, 1, -1, 1709208000, -2208988800, 9223372035, chance.randint(-9223372035, 9223372035)])


def instant(unit):
    """Nanoseconds since 1970, of which the unit holds all."""
    scale = 10**9 // PER_SECOND[unit]
    return lambda chance: seconds(chance) * 10**9 + chance.randint(0, PER_SECOND[unit] - 1) * scale


def counted(cell, stored):
    """(unit, count) of nanoseconds. stored: a type of Arrow in such a unit."""
    unit = re.search(r"\[(\w+)", stored)[1]
    return unit, cell // (10**9 // PER_SECOND[unit])


def moment(chance):
    return EPOCH + datetime.timedelta(seconds=seconds(chance), microseconds=chance.randint(0, 999999))


def nanoseconds(span):
    return (span.days * 86400 + span.seconds) * 10**9 + span.microseconds * 1000


def day(chance):
    return (EPOCH + datetime.timedelta(seconds=seconds(chance))).date()


def midnight(cell, stored):
    return counted(nanoseconds(datetime.datetime.combine(cell, datetime.time()) - EPOCH), stored)


def clock(chance):
    return datetime.time(chance.randint(0, 23), chance.randint(0, 59), chance.randint(0, 59), chance.choice([0, 1, 999999]))


def since_midnight(cell, stored):
    return "ns", ((cell.hour * 60 + cell.minute) * 60 + cell.second) * 10**9 + cell.microsecond * 1000


def document(chance):
    return chance.choice([[1, "x"], {"a": None}, [], {}, {"k": [1.5, {"größe": True}]}])


def word(chance):
    return chance.choice(WORDS)


def blob(chance):
    return chance.choice([b"", b"\xff\xfe", b"\0" * 20, chance.randbytes(9)])


# ---- columns: what pandas is told ----


def numpy_column(dtype):
    def build(cells):
        import numpy as np

        return np.array(cells, dtype)

    return build


def with_nan(dtype):
    def build(cells):
        import numpy as np

        return np.array([np.nan if cell is None else cell for cell in cells], dtype)

    return build


def times(kind, unit):
    def build(cells):
        import numpy as np
        import pandas as pd

        counts = [-2**63 if cell is None else counted(cell, f"[{unit}]")[1] for cell in cells]
        return pd.Series(np.array(counts, "i8").view(f"{kind}8[{unit}]"))

    return build


def zoned(unit, zone):
    def build(cells):
        series = times("M", unit)(cells)
        return series.dt.tz_localize("UTC").dt.tz_convert(zone_of(zone))

    return build


def zone_of(name):
    """A fixed distance as an object of the standard library."""
    if name[0] not in "+-":
        return name
    minutes = int(name[1:3]) * 60 + int(name[4:])
    return datetime.timezone(datetime.timedelta(minutes=minutes if name[0] == "+" else -minutes))


def extension(dtype):
    """Of pandas' nullable ones: their values and a mask, for pd.array() of pandas 1.5 rounds large numbers beside None."""
    def build(cells):
        import numpy as np
        import pandas as pd

        if dtype == "string":
            return pd.array(cells, dtype=dtype)
        make = {"b": pd.arrays.BooleanArray, "F": pd.arrays.FloatingArray}.get(dtype[0], pd.arrays.IntegerArray)
        width = "?" if dtype == "boolean" else dtype.lower()
        missing = np.array([cell is None for cell in cells], bool)
        return make(np.array([0 if cell is None else cell for cell in cells], width), missing)

    return build


def sparse(dtype):
    def build(cells):
        import pandas as pd

        return pd.arrays.SparseArray([float("nan") if cell is None else cell for cell in cells], dtype=dtype)

    return build


def periods(cells):
    import pandas as pd

    return pd.array([None if cell is None else pd.Period(cell, "D") for cell in cells], dtype="period[D]")


def intervals(cells):
    import numpy as np
    import pandas as pd

    return pd.arrays.IntervalArray.from_arrays([np.nan if cell is None else float(cell[0]) for cell in cells],
                                               [np.nan if cell is None else float(cell[1]) for cell in cells])


def interval_text(cell, stored):
    return f"({float(cell[0])}, {float(cell[1])}]"


def words(cells):
    """The categories of those cells, in an order that only the cells decide."""
    return sorted({cell for cell in cells if cell is not None}, key=repr)


def category(make, ordered):
    """Of the distinct cells, in the order of words()."""
    def build(cells):
        import pandas as pd

        distinct = words(cells)
        codes = [-1 if cell is None else distinct.index(cell) for cell in cells]
        return pd.Categorical.from_codes(codes, pd.Index(make(distinct)), ordered=ordered)

    return build


def inferred(cells):
    """A list, of which pandas 3 makes text of its own."""
    import pandas as pd

    return pd.Series(cells, dtype=None if any(cell is not None for cell in cells) else object)


def objects(make=lambda cell: cell):
    def build(cells):
        import numpy as np
        import pandas as pd

        gone, made = (None, float("nan"), pd.NaT, pd.NA), np.empty(len(cells), object)
        for i, cell in enumerate(cells):
            made[i] = gone[cell.sort] if isinstance(cell, Missing) else make(cell)
        return pd.Series(made, dtype=object)

    return build


def numpy_scalar(cell):
    import numpy as np

    return np.int32(cell)


def object_kind(cell, plain=lambda cell, stored: cell, note="", make=lambda cell: cell, missing=True, always=()):
    return Kind(cell, objects(make), plain, missing, note, objects=True, always=always)


def text_kind(cell, note, plain=lambda cell, stored: str(cell), always=()):
    return object_kind(cell, plain, note, always=always)


def category_kind(cell, build, plain=lambda cell, stored: cell, ordered=False, note=""):
    return Kind(cell, category(build, ordered), plain, note=note, category=True)


def of_objects(cells):
    import numpy as np

    made = np.empty(len(cells), object)
    made[:] = cells
    return made


INTEGERS = [(f"{'' if signed else 'u'}int{width}", integer(width, signed))
            for signed in (True, False) for width in (8, 16, 32, 64)]
BOOL = lambda chance: chance.random() < 0.5  # noqa: E731
KINDS = {
    **{name: Kind(cell, numpy_column(name), missing=False) for name, cell in INTEGERS},
    "int32, big-endian": Kind(integer(32, True), numpy_column(">i4"), missing=False),
    "float16": Kind(real("<e"), with_nan("f2"), bits), "float32": Kind(real("<f"), with_nan("f4"), bits),
    "float64": Kind(real("<d"), with_nan("f8"), bits),
    "float64, big-endian": Kind(real("<d"), with_nan(">f8"), bits),
    "longdouble": Kind(real("<d"), with_nan("longdouble"), bits, note="float128 is stored as float64"),
    "complex128": Kind(lambda chance: complex(chance.randint(-9, 9), chance.randint(1, 9) / 2), with_nan("c16"),
                       lambda cell, stored: str(cell), note="complex128 is stored as text"),
    "bool": Kind(BOOL, numpy_column("?"), missing=False),
    **{f"datetime64[{unit}]": Kind(instant(unit), times("M", unit), counted) for unit in PER_SECOND},
    **{f"datetime64[{unit}, {zone}]": Kind(instant(unit), zoned(unit, zone), counted)
       for unit, zone in zip(("ns", "us", "s", "ms", "ns"), ZONES)},
    **{f"timedelta64[{unit}]": Kind(instant(unit), times("m", unit), counted) for unit in PER_SECOND},
    **{name.replace("i", "I").replace("u", "U"): Kind(cell, extension(name.replace("i", "I").replace("u", "U")))
       for name, cell in INTEGERS},
    "Float32": Kind(real("<f"), extension("Float32"), bits),
    "Float64": Kind(lambda chance: chance.choice([real("<d")(chance), float("nan")]), extension("Float64"),
                    lambda cell, stored: "NaN" if cell != cell else bits(cell)),
    "boolean": Kind(BOOL, extension("boolean")), "string": Kind(word, extension("string")),
    "Sparse[int64]": Kind(integer(64, True), sparse("Sparse[int64]"), missing=False),
    "Sparse[float64]": Kind(real("<d"), sparse("Sparse[float64]"), bits),
    "period[D]": Kind(day, periods, lambda cell, stored: str(cell), note="period[D] is stored as text"),
    "interval": Kind(lambda chance: (chance.randint(0, 9), chance.randint(10, 19)), intervals, interval_text,
                     note="interval[float64, right] is stored as text"),
    "category of str": category_kind(word, of_objects),
    "category of str, ordered": category_kind(word, of_objects, ordered=True),
    "category of int64": category_kind(integer(64, True), numpy_column("i8")),
    "category of uint8": category_kind(integer(8, False), numpy_column("u1")),
    "category of float64": category_kind(lambda chance: chance.choice([0.5, -1.25, 3.0, float("inf")]), numpy_column("f8"), bits),
    "category of datetime64[ns]": category_kind(instant("ns"), times("M", "ns"), counted),
    "category of datetime64[ns, Europe/Berlin]": category_kind(instant("ns"), zoned("ns", "Europe/Berlin"), counted),
    "category of timedelta64[ns]": category_kind(instant("ns"), times("m", "ns"), counted),
    "category of bytes": category_kind(blob, of_objects),
    "category of interval": category_kind(lambda chance: (chance.randint(0, 9), chance.randint(10, 19)), intervals,
                                          interval_text, ordered=True, note="interval[float64, right] is stored as text"),
    "str as pandas infers it": Kind(word, inferred),
    "object of str": object_kind(word),
    "object of str, lone surrogates": object_kind(lambda chance: "a\ud800b", lambda cell, stored: "a\ufffdb",
                                                  "{count} lone surrogate(s) are no characters and are replaced"),
    "object of bytes": object_kind(blob),
    "object of bytearray": object_kind(blob, make=bytearray),
    "object of bool": object_kind(BOOL),
    "object of int, none missing": object_kind(integer(64, True), missing=False),
    "object of int, some above int64": object_kind(lambda chance: 2**63 + chance.randint(0, 99), missing=False),
    "object of numpy.int32, none missing": object_kind(integer(32, True), make=numpy_scalar, missing=False),
    "object of float": object_kind(real("<d"), bits),
    "object of int, some missing": object_kind(lambda chance: chance.randint(-2**53, 2**53), bits, always=(Missing(0), 7)),
    "object of int and float": object_kind(lambda chance: chance.choice([chance.randint(-99, 99), 0.5, 2.5]), bits,
                                           always=(1, 0.5)),
    "object of int, beyond 400 digits": text_kind(lambda chance: 10**400 + chance.randint(0, 9),
                                                  "whole numbers of this size are stored as text"),
    "object of Decimal": object_kind(lambda chance: decimal.Decimal(chance.randint(-9999, 9999)) / 8, bits,
                                     "decimal is stored as float64"),
    "object of date": object_kind(day, midnight, "date is stored as date-time"),
    "object of datetime": object_kind(moment, lambda cell, stored: counted(nanoseconds(cell - EPOCH), stored)),
    "object of datetime with a zone": object_kind(lambda chance: moment(chance).replace(tzinfo=datetime.timezone.utc),
                                                  lambda cell, stored: counted(nanoseconds(cell.replace(tzinfo=None) - EPOCH), stored)),
    "object of timedelta": object_kind(lambda chance: moment(chance) - EPOCH,
                                       lambda cell, stored: counted(nanoseconds(cell), stored)),
    "object of time": object_kind(clock, since_midnight),
    "object of list and dict": text_kind(document, "list or dict is stored as JSON text",
                                         lambda cell, stored: json.dumps(cell)),
    "object of UUID": text_kind(lambda chance: uuid.UUID(int=chance.getrandbits(128)), "UUID is stored as text"),
    "object of Fraction": text_kind(lambda chance: fractions.Fraction(chance.randint(1, 9), 7), "Fraction is stored as text"),
    "object of Path": text_kind(lambda chance: pathlib.PurePosixPath(chance.choice(["/a", "b/c"])),
                                "PurePosixPath is stored as text"),
    "object of str and int": text_kind(lambda chance: chance.choice(["a", 7]),
                                       "a mixture of str, int is stored as text", always=("a", 7)),
    "object, all missing": object_kind(None),
}
