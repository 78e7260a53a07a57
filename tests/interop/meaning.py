# SPDX-License-Identifier: Apache-2.0
"""What a column means once its type is taken away, and what of it a segment of each profile keeps.

`how` tells what is beside the type: "nullable" (one of pandas' dtypes, by the schema's metadata), "text" (a decimal that is
wanted as text), or "".
"""
import decimal
import json
import struct

import pyarrow as pa

NS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
DAY = 86400
TEXTS = (pa.utf8(), pa.large_utf8(), pa.string_view())
NULLABLES = {"Int8": (pa.int8(),), "Int16": (pa.int16(),), "Int32": (pa.int32(),), "Int64": (pa.int64(),), "UInt8": (pa.uint8(),),
             "UInt16": (pa.uint16(),), "UInt32": (pa.uint32(),), "UInt64": (pa.uint64(),), "Float32": (pa.float32(),),
             "Float64": (pa.float64(),), "boolean": (pa.bool_(),), "string": TEXTS, "string[python]": TEXTS,
             "string[pyarrow]": TEXTS}
SMALLEST = -2**63


def hows(schema, decimals="float"):
    """`how` of each field of a schema."""
    document = json.loads((schema.metadata or {}).get(b"pandas", b"{}"))
    dtypes = {entry["field_name"]: entry["numpy_type"] for entry in document.get("columns", [])}
    return [how(field.type, dtypes.get(field.name), decimals) for field in schema]


def hows_told(schema):
    """The same of what quern wrote, which tells of each column in its order."""
    told = json.loads(schema.metadata[b"pandas"])["columns"]
    assert [(entry["name"], entry["field_name"]) for entry in told] == [(name, name) for name in schema.names]
    return [how(field.type, entry["numpy_type"], "float") for field, entry in zip(schema, told)]


def how(kind, dtype, decimals):
    if kind in NULLABLES.get(dtype, ()):
        return "nullable"
    return "text" if decimals == "text" and pa.types.is_decimal(value_type(kind)) else ""


def value_type(kind):
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def cells(column, profile, how=""):
    """Comparable cells of a column as a segment holds them: floats by their bits, times as (unit, count).

    column: a pyarrow ChunkedArray or Array. Raises OverflowError for a time that nanoseconds cannot hold.
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        return [cell for chunk in getattr(column, "chunks", [column]) for cell in looked_up(chunk, profile, how)]
    if pa.types.is_null(kind):
        return [None] * len(column)
    if pa.types.is_temporal(kind):
        return times(column, profile)
    if pa.types.is_decimal(kind):
        return [None if value is None else written(value, how) for value in column.to_pylist()]
    if pa.types.is_floating(kind):
        return floats(column, how)
    if pa.types.is_integer(kind) and column.null_count and how != "nullable":
        return [None if value is None else bits(float(value)) for value in column.to_pylist()]
    return column.to_pylist()


def written(value, how):
    return str(value) if how == "text" else bits(nearest(value))


def looked_up(chunk, profile, how):
    found = words(chunk.dictionary, profile, how)
    return [None if code is None else found[code] for code in chunk.indices.to_pylist()]


def words(dictionary, profile, how=""):
    """Integers among the values of a dictionary stay integers beside a null, which goes."""
    return dictionary.to_pylist() if pa.types.is_integer(dictionary.type) else cells(dictionary, profile, how)


def categories(column, profile, how=""):
    """The distinct values of a dictionary in their order, without missing ones; 0.0 and -0.0 are one."""
    found = [equal_zero(cell) for chunk in column.chunks for cell in words(chunk.dictionary, profile, how)
             if cell is not None]
    return list(dict.fromkeys(found))


def equal_zero(cell):
    return bits(0.0) if cell == bits(-0.0) else cell


def equal_zeros(cells):
    """Of a dictionary, whose values 0.0 and -0.0 are one."""
    return [equal_zero(cell) for cell in cells]


def bits(value):
    return struct.pack("<d", value)


def nearest(value):
    with decimal.localcontext() as context:
        context.prec = 80
        return float(value)


def floats(column, how):
    """Every width as double, which holds them all; NaN counts as missing, but for nullable columns, where it is a value."""
    nan = "NaN" if how == "nullable" else None
    return [None if value is None else nan if value != value else bits(value) for value in column.to_pylist()]


def times(column, profile):
    kind = column.type
    if pa.types.is_time(kind):
        return [None if v is None else ("ns", v * NS[kind.unit]) for v in whole(column, 32 if kind.bit_width == 32 else 64)]
    if pa.types.is_date32(kind):
        unit, values = "s", [None if v is None else v * DAY for v in whole(column, 32)]
    else:
        unit, values = "ms" if pa.types.is_date64(kind) else kind.unit, whole(column, 64)
    if profile == "units" or unit == "ns":
        values = [None if value == SMALLEST else value for value in values]
    if profile == "units":
        return [None if value is None else (unit, value) for value in values]
    return [None if value is None else ("ns", in_range(value * NS[unit])) for value in values]


def in_range(value):
    if not SMALLEST < value < 2**63:
        raise OverflowError(value)
    return value


def whole(column, width):
    """The integers that stand in the buffers."""
    if hasattr(column, "chunks"):
        return [value for chunk in column.chunks for value in whole(chunk, width)]
    return column.view(pa.int32() if width == 32 else pa.int64()).to_pylist()


def kept_type(kind, column, profile, how=""):
    """The type in which a segment of the profile is written again."""
    if pa.types.is_dictionary(kind):
        return pa.dictionary(pa.int8(), kept_type(kind.value_type, None, profile, how), kind.ordered)
    if pa.types.is_integer(kind):
        return pa.float64() if column is not None and column.null_count and how != "nullable" else kind
    if pa.types.is_decimal(kind):
        return pa.utf8() if how == "text" else pa.float64()
    if pa.types.is_date(kind):
        return pa.timestamp("ns" if profile == "ns" else "s" if pa.types.is_date32(kind) else "ms")
    if pa.types.is_timestamp(kind):
        return pa.timestamp("ns" if profile == "ns" else kind.unit, kind.tz)
    if pa.types.is_duration(kind):
        return pa.duration("ns" if profile == "ns" else kind.unit)
    if pa.types.is_time(kind):
        return pa.time64("ns")
    if is_bytes(kind):
        return pa.binary()
    return pa.utf8() if is_text(kind) else kind


def is_text(kind):
    return kind in TEXTS


def is_bytes(kind):
    return kind in (pa.binary(), pa.large_binary(), pa.binary_view()) or pa.types.is_fixed_size_binary(kind)


def codes_type(values):
    """The width that pandas picks for so many categories."""
    return pa.int8() if values < 127 else pa.int16() if values < 32767 else pa.int32()
