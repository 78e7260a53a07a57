# SPDX-License-Identifier: Apache-2.0
"""Arrow IPC files built and taken apart in plain Python, byte by byte, for tests.

An oracle that shares no line with the C reader, and able to write what no library would: wrong counts, lying lengths,
dictionaries in pieces, framing of old versions. Source: Message.fbs, Schema.fbs and File.fbs of Apache Arrow.
"""
import ctypes
import ctypes.util
import struct
from dataclasses import dataclass, field

NULL, DECIMAL = 1, 7
INT, FLOAT, BINARY, UTF8, BOOL, DATE, TIME, TIMESTAMP, FIXED, DURATION = 2, 3, 4, 5, 6, 8, 9, 10, 15, 18
LARGE_BINARY, LARGE_UTF8, BINARY_VIEW, UTF8_VIEW = 19, 20, 23, 24
SCHEMA, DICTIONARY, BATCH = 1, 2, 3
V4, V5 = 3, 4
SIZES = {"B": 1, "h": 2, "i": 4, "q": 8}


class Scalar:
    """A number of a flatbuffer table; `code` is the struct letter of its width."""

    def __init__(self, code, value):
        self.code, self.value = code, value


class Structs:
    """A vector of structs: `raw` bytes, `count` of them."""

    def __init__(self, raw, count):
        self.raw, self.count = raw, count


def flatbuffer(table):
    """The bytes of a root table: a dict from slot to Scalar, str, dict, list of dicts, or Structs."""
    out = bytearray(8)
    struct.pack_into("<I", out, 0, _table(out, table))
    return bytes(out)


def _align(out, count=8):
    out.extend(bytes(-len(out) % count))


def _table(out, table):
    slots = max(table, default=-1) + 1
    places, size = {}, 4
    for slot, value in sorted(table.items(), key=lambda item: -SIZES.get(getattr(item[1], "code", "i"), 4)):
        width = SIZES.get(getattr(value, "code", "i"), 4)
        size += -size % width
        places[slot], size = size, size + width
    vtable = 4 + 2 * slots
    out.extend(bytes(-(len(out) + vtable) % 8))
    out.extend(struct.pack("<HH", vtable, size))
    out.extend(b"".join(struct.pack("<H", places.get(slot, 0)) for slot in range(slots)))
    at = len(out)
    out.extend(struct.pack("<i", vtable) + bytes(size - 4))
    for slot, value in table.items():
        _field(out, at + places[slot], value)
    return at


def _field(out, at, value):
    if isinstance(value, Scalar):
        struct.pack_into("<" + value.code, out, at, value.value)
        return
    place = _reference(out, value)
    struct.pack_into("<I", out, at, place - at)


def _reference(out, value):
    if isinstance(value, dict):
        return _table(out, value)
    if isinstance(value, (str, bytes)):
        raw = value.encode() if isinstance(value, str) else value
        _align(out, 4)
        at = len(out)
        out.extend(struct.pack("<I", len(raw)) + raw + b"\0")
        return at
    count = value.count if isinstance(value, Structs) else len(value)
    out.extend(bytes(-(len(out) + 4) % 8))
    at = len(out)
    out.extend(struct.pack("<I", count))
    if isinstance(value, Structs):
        out.extend(value.raw)
        return at
    out.extend(bytes(4 * count))
    for i, table in enumerate(value):
        struct.pack_into("<I", out, at + 4 + 4 * i, _table(out, table) - (at + 4 + 4 * i))
    return at


class Reader:
    """A flatbuffer table inside of `raw`, without checks: for files that are known to be good."""

    def __init__(self, raw, at):
        self.raw, self.at = raw, at
        self.vtable = at - struct.unpack_from("<i", raw, at)[0]
        self.vtable_bytes = struct.unpack_from("<H", raw, self.vtable)[0]

    @classmethod
    def root(cls, raw):
        return cls(raw, struct.unpack_from("<I", raw)[0])

    def place(self, slot):
        entry = 4 + 2 * slot
        offset = struct.unpack_from("<H", self.raw, self.vtable + entry)[0] if entry < self.vtable_bytes else 0
        return self.at + offset if offset else None

    def scalar(self, slot, code, absent=0):
        place = self.place(slot)
        return absent if place is None else struct.unpack_from("<" + code, self.raw, place)[0]

    def follow(self, slot):
        place = self.place(slot)
        return None if place is None else place + struct.unpack_from("<I", self.raw, place)[0]

    def child(self, slot):
        place = self.follow(slot)
        return None if place is None else Reader(self.raw, place)

    def structs(self, slot, form):
        place = self.follow(slot)
        if place is None:
            return []
        count, size = struct.unpack_from("<I", self.raw, place)[0], struct.calcsize(form)
        return [struct.unpack_from(form, self.raw, place + 4 + i * size) for i in range(count)]

    def tables(self, slot):
        place = self.follow(slot)
        count = struct.unpack_from("<I", self.raw, place)[0] if place is not None else 0
        places = [place + 4 + 4 * i for i in range(count)]
        return [Reader(self.raw, at + struct.unpack_from("<I", self.raw, at)[0]) for at in places]

    def text(self, slot):
        place = self.follow(slot)
        return self.raw[place + 4:place + 4 + struct.unpack_from("<I", self.raw, place)[0]].decode()


def zstd(raw, level=1):
    """One zstd frame holding `raw`."""
    library = ctypes.CDLL(ctypes.util.find_library("zstd"))
    library.ZSTD_compressBound.restype = library.ZSTD_compress.restype = ctypes.c_size_t
    room = ctypes.create_string_buffer(library.ZSTD_compressBound(ctypes.c_size_t(len(raw))) + 1)
    count = library.ZSTD_compress(room, ctypes.c_size_t(len(room)), raw, ctypes.c_size_t(len(raw)), level)
    return room.raw[:count]


def lz4(raw, sized=True):
    """One LZ4 frame holding `raw`; `sized`: it says how much it holds."""
    library = ctypes.CDLL(ctypes.util.find_library("lz4"))
    library.LZ4F_compressFrameBound.restype = library.LZ4F_compressFrame.restype = ctypes.c_size_t
    room = ctypes.create_string_buffer(library.LZ4F_compressFrameBound(ctypes.c_size_t(len(raw)), None))
    # LZ4F_preferences_t: frameInfo.contentSize stands at byte 16.
    preferences = struct.pack("<iiiiQIiiII12x", 0, 0, 0, 0, len(raw) if sized else 0, 0, 0, 0, 0, 0)
    count = library.LZ4F_compressFrame(room, ctypes.c_size_t(len(room)), raw, ctypes.c_size_t(len(raw)), preferences)
    return room.raw[:count]


def int_type(bits, signed=True):
    return INT, {0: Scalar("i", bits), 1: Scalar("B", int(signed))}


def timestamp_type(unit, zone=None):
    return TIMESTAMP, {0: Scalar("h", unit), **({1: zone} if zone else {})}


def duration_type(unit):
    return DURATION, {0: Scalar("h", unit)}


def time_type(unit, bits):
    return TIME, {0: Scalar("h", unit), 1: Scalar("i", bits)}


def decimal_type(bits, scale, precision=9):
    return DECIMAL, {0: Scalar("i", precision), 1: Scalar("i", scale), 2: Scalar("i", bits)}


def fixed_type(width):
    return FIXED, {0: Scalar("i", width)}


@dataclass
class Field:
    """A column. `type`: (type id, table); `dictionary`: (id, (bits, signed) or None, ordered)."""
    name: object
    type: tuple
    dictionary: tuple = None
    children: list = field(default_factory=list)

    def table(self):
        table = {0: self.name, 1: Scalar("B", 1), 2: Scalar("B", self.type[0]), 3: self.type[1]}
        if self.dictionary:
            number, index, ordered = self.dictionary
            table[4] = {0: Scalar("q", number), 2: Scalar("B", int(ordered))}
            if index:
                table[4][1] = int_type(*index)[1]
        if self.children:
            table[5] = [child.table() for child in self.children]
        return table


@dataclass
class Array:
    """A node and its buffers, raw. `data` counts the variadic buffers of a view."""
    length: int
    nulls: int
    buffers: list
    data: int = None


def bitmap(present):
    """Arrow's validity of a list of truths."""
    raw = bytearray((len(present) + 7) // 8)
    for i, bit in enumerate(present):
        raw[i // 8] |= bool(bit) << i % 8
    return bytes(raw)


def numbers(values, code):
    """A fixed-width array; None is a null, whose slot holds 0x5a bytes, as undefined as Arrow allows."""
    width = struct.calcsize(code)
    raw = b"".join(b"\x5a" * width if v is None else struct.pack("<" + code, v) for v in values)
    nulls = sum(v is None for v in values)
    return Array(len(values), nulls, [bitmap([v is not None for v in values]) if nulls else b"", raw])


def texts(values, code="i", first=0, garbage=b""):
    """A utf8 or binary array. `first`: bytes before the first text; `garbage`: bytes that a null's slot spans."""
    data, offsets = b"x" * first, [first]
    for value in values:
        data += garbage if value is None else value.encode() if isinstance(value, str) else value
        offsets.append(len(data))
    nulls = sum(v is None for v in values)
    validity = bitmap([v is not None for v in values]) if nulls else b""
    return Array(len(values), nulls, [validity, struct.pack(f"<{len(offsets)}{code}", *offsets), data])


def views(values, blobs=2):
    """A utf8_view or binary_view array whose long texts are spread over `blobs` data buffers."""
    data, raw = [bytearray() for _ in range(blobs)], b""
    for i, value in enumerate(values):
        text = value.encode() if isinstance(value, str) else value or b""
        if value is None:
            raw += b"\x5a" * 16
        elif len(text) <= 12:
            raw += struct.pack("<i12s", len(text), text)
        else:
            raw += struct.pack("<i4sii", len(text), text[:4], i % blobs, len(data[i % blobs]))
            data[i % blobs] += text
    nulls = sum(v is None for v in values)
    validity = bitmap([v is not None for v in values]) if nulls else b""
    return Array(len(values), nulls, [validity, raw, *map(bytes, data)], blobs)


def record_batch(arrays, compress=None, rows=None, codec=1, method=0):
    """(table, body) of a RecordBatch. `compress`: bytes → the bytes stored for a buffer that is not empty."""
    body, places = bytearray(), []
    for raw in (raw for array in arrays for raw in array.buffers):
        stored = compress(raw) if compress and raw else raw
        places.append((len(body), len(stored)))
        body.extend(stored)
        _align(body)
    nodes = b"".join(struct.pack("<qq", array.length, array.nulls) for array in arrays)
    table = {0: Scalar("q", arrays[0].length if rows is None else rows), 1: Structs(nodes, len(arrays)),
             2: Structs(b"".join(struct.pack("<qq", *place) for place in places), len(places))}
    if compress:
        table[3] = {0: Scalar("B", codec), 1: Scalar("B", method)}
    variadic = [array.data for array in arrays if array.data is not None]
    if variadic:
        table[4] = Structs(struct.pack(f"<{len(variadic)}q", *variadic), len(variadic))
    return table, bytes(body)


def with_zstd(raw):
    return struct.pack("<q", len(raw)) + zstd(raw)


def promise(count):
    """Stored bytes that claim to be `count` bytes: the beginning of a zstd frame, and zeros, so many
    that it could be true."""
    return struct.pack("<q", count) + b"\x28\xb5\x2f\xfd\xc0\0" + struct.pack("<Q", count) + bytes(count // 32000)


def with_lz4(raw):
    return struct.pack("<q", len(raw)) + lz4(raw)


def as_raw(raw):
    return struct.pack("<q", -1) + raw


class File:
    """An IPC file under construction. `old`: framing from before Arrow 0.15; metadata: {key: value} of the schema."""

    def __init__(self, fields, version=V5, old=False, endianness=0, metadata=None):
        self.version, self.old = version, old
        self.schema = {0: Scalar("h", endianness), 1: [field.table() for field in fields]}
        if metadata:
            self.schema[2] = [{0: key, 1: value} for key, value in metadata.items()]
        self.out = bytearray(b"ARROW1\0\0")
        self.blocks = {DICTIONARY: [], BATCH: []}
        self.message(SCHEMA, self.schema, b"")

    def message(self, kind, header, body):
        raw = flatbuffer({0: Scalar("h", self.version), 1: Scalar("B", kind), 2: header, 3: Scalar("q", len(body))})
        return self.raw_message(kind, raw, body)

    def raw_message(self, kind, raw, body):
        prefix = 4 if self.old else 8
        raw += bytes(-(len(raw) + prefix) % 8)
        if kind in self.blocks:
            self.blocks[kind].append((len(self.out), prefix + len(raw), len(body)))
        self.out += (b"" if self.old else b"\xff" * 4) + struct.pack("<i", len(raw)) + raw + body
        return self

    def batch(self, *arrays, compress=None, **other):
        return self.message(BATCH, *record_batch(arrays, compress, **other))

    def dictionary(self, number, array, compress=None, delta=False):
        table, body = record_batch([array], compress)
        return self.message(DICTIONARY, {0: Scalar("q", number), 1: table, 2: Scalar("B", int(delta))}, body)

    def bytes(self):
        blocks = {kind: Structs(b"".join(struct.pack("<qiiq", at, meta, 0, body) for at, meta, body in found), len(found))
                  for kind, found in self.blocks.items()}
        footer = flatbuffer({0: Scalar("h", self.version), 1: self.schema, 2: blocks[DICTIONARY], 3: blocks[BATCH]})
        end = b"" if self.old else b"\xff" * 4
        return bytes(self.out) + end + bytes(4) + footer + struct.pack("<i", len(footer)) + b"ARROW1"


TYPE_SLOTS = {INT: {0: "i", 1: "B"}, FLOAT: {0: "h"}, DATE: {0: "h"}, TIMESTAMP: {0: "h", 1: str}, FIXED: {0: "i"}, DURATION: {0: "h"}, TIME: {0: "h", 1: "i"}}
OWN_BUFFERS = {1: 0, UTF8: 3, BINARY: 3, LARGE_UTF8: 3, LARGE_BINARY: 3, 12: 2, 13: 1, 16: 1, 17: 2, 21: 2}


def _copy_type(reader):
    kind, table, copied = reader.scalar(2, "B"), reader.child(3), {}
    for slot, code in TYPE_SLOTS.get(kind, {}).items():
        if table.place(slot) is not None:
            copied[slot] = table.text(slot) if code is str else Scalar(code, table.scalar(slot, code))
    return kind, copied


def _copy_field(reader):
    encoding, dictionary = reader.child(4), None
    if encoding:
        index = encoding.child(1)
        dictionary = (encoding.scalar(0, "q"), (index.scalar(0, "i"), index.scalar(1, "B")) if index else None,
                      encoding.scalar(2, "B"))
    return Field(reader.text(0), _copy_type(reader), dictionary)


def _spread(reader):
    """(nodes, buffers) that a field takes in a batch, its children included."""
    nodes, buffers = 1, 2 if reader.child(4) else OWN_BUFFERS.get(reader.scalar(2, "B"), 2)
    for child in [] if reader.child(4) else reader.tables(5):
        more = _spread(child)
        nodes, buffers = nodes + more[0], buffers + more[1]
    return nodes, buffers


def _message(raw, block):
    at, meta, _, size = block
    prefix = 8 if raw[at:at + 4] == b"\xff" * 4 else 4
    flat = raw[at + prefix:at + meta]
    return flat, Reader.root(flat), raw[at + meta:at + meta + size]


def project(raw, keep):
    """The file `raw` with only those columns for which keep(type id, name) holds; buffers stay as they are."""
    size = struct.unpack_from("<i", raw, len(raw) - 10)[0]
    footer = Reader.root(raw[len(raw) - 10 - size:len(raw) - 10])
    fields = footer.child(1).tables(1)
    kept = [keep(reader.scalar(2, "B"), reader.text(0)) for reader in fields]
    out = File([_copy_field(reader) for reader, wanted in zip(fields, kept) if wanted])
    for block in footer.structs(2, "<qiiq"):
        flat, _, body = _message(raw, block)
        out.raw_message(DICTIONARY, flat, body)
    for block in footer.structs(3, "<qiiq"):
        _, message, body = _message(raw, block)
        out.message(BATCH, _project_batch(message.child(2), fields, kept), body)
    return out.bytes()


def _project_batch(batch, fields, kept):
    nodes, buffers = batch.structs(1, "<qq"), batch.structs(2, "<qq")
    some_nodes, some_buffers, node, buffer = [], [], 0, 0
    for reader, wanted in zip(fields, kept):
        more_nodes, more_buffers = _spread(reader)
        if wanted:
            some_nodes += nodes[node:node + more_nodes]
            some_buffers += buffers[buffer:buffer + more_buffers]
        node, buffer = node + more_nodes, buffer + more_buffers
    table = {0: Scalar("q", batch.scalar(0, "q")),
             1: Structs(b"".join(struct.pack("<qq", *n) for n in some_nodes), len(some_nodes)),
             2: Structs(b"".join(struct.pack("<qq", *b) for b in some_buffers), len(some_buffers))}
    if batch.child(3):
        table[3] = {0: Scalar("B", batch.child(3).scalar(0, "B"))}
    return table
