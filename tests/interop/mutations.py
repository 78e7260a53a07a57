# SPDX-License-Identifier: Apache-2.0
"""Valid Arrow files of many shapes, and damage done to them: bits, numbers of flatbuffers, lengths, cuts, moved pieces."""
import io
import itertools
import struct

import pyarrow as pa
import pyarrow.ipc as ipc

import kinds

INTERESTING = (0, 1, 2, 3, 4, 7, 8, 16, 64, 127, 128, 255, 0x7FFF, 0x8000, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63,
               2**64 - 1)
SHAPES = list(itertools.product(["whole", "some missing", "many batches", "one row"], [None, "zstd", "lz4"]))


def seeds():
    """[bytes]: a few columns at a time of every type, in each shape and compression; a dictionary that grows."""
    found, names = [], list(kinds.BY_NAME)
    for number, (pattern, codec) in enumerate(SHAPES):
        for start in range(number % 3, len(names), 3):
            found.append(written(kinds.table(pattern, names[start:start + 3]), codec, kinds.PATTERNS[pattern][2]))
    return [*found, *map(growing, (None, "zstd", "lz4")), written(pa.table({}), None, None)]


def written(table, codec, rows):
    sink = io.BytesIO()
    with ipc.new_file(sink, table.schema, options=ipc.IpcWriteOptions(compression=codec)) as writer:
        writer.write_table(table, max_chunksize=rows)
    return sink.getvalue()


def growing(codec):
    """A dictionary with a delta, and one that two batches share."""
    batches = [pa.record_batch({"c": pa.array(words).dictionary_encode(), "n": pa.array([1] * len(words))})
               for words in (["a", "b"], ["a", "b", None, "c"])]
    sink = io.BytesIO()
    options = ipc.IpcWriteOptions(compression=codec, emit_dictionary_deltas=True)
    with ipc.new_file(sink, batches[0].schema, options=options) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return sink.getvalue()


def metadata(raw):
    """[(start, end)] of the flatbuffers of a good file: footer and messages."""
    footer = struct.unpack_from("<i", raw, len(raw) - 10)[0]
    found = [(len(raw) - 10 - footer, len(raw) - 10)]
    for at in range(8, len(raw) - 16, 8):
        if raw[at:at + 4] == b"\xff\xff\xff\xff":
            count = struct.unpack_from("<i", raw, at + 4)[0]
            if 0 < count < len(raw) - at:
                found.append((at + 4, at + 8 + count))
    return found


def mutated(chance, raw):
    """The file with one to three damages. chance: a random.Random."""
    places, raw = metadata(raw), bytearray(raw)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        chance.choice([flip, number, number, number, byte, piece, cut])(chance, raw, places)
    return bytes(raw)


def place(chance, raw, places, width):
    """Mostly in a flatbuffer, aligned."""
    start, end = chance.choice(places) if chance.random() < 0.8 else (8, len(raw) - 6)
    return min(max(start, start + chance.randrange(max(end - start, 1)) // width * width), max(len(raw) - width, 0))


def flip(chance, raw, places):
    at = place(chance, raw, places, 1)
    raw[at] ^= 1 << chance.randrange(8)


def byte(chance, raw, places):
    raw[place(chance, raw, places, 1)] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])


def number(chance, raw, places):
    """A field becomes another number, near or far."""
    width = chance.choice([2, 4, 4, 8, 8])
    at = place(chance, raw, places, width)
    old = int.from_bytes(raw[at:at + width], "little")
    new = chance.choice([old + 1, old - 1, old + 8, old - 8, old * 2, old // 2, old ^ 1 << chance.randrange(8 * width), len(raw),
                         chance.choice(INTERESTING)])
    raw[at:at + width] = (new % 2**(8 * width)).to_bytes(width, "little")


def piece(chance, raw, places):
    """Bytes of one place come to another: a field of another table, a buffer's description of another buffer."""
    count = chance.choice([4, 8, 16, 16, 24])
    source, target = place(chance, raw, places, 4), place(chance, raw, places, 4)
    copied = raw[source:source + count]
    raw[target:target + len(copied)] = copied


def cut(chance, raw, places):
    """Bytes go or come in the middle, or the end is lost; the file shows no less that it is Arrow."""
    at, count = place(chance, raw, places, 4), chance.choice([1, 4, 8, 8, 64])
    if chance.random() < 0.5:
        del raw[at:at + count]
    else:
        raw[at:at] = bytes(count)
    if chance.random() < 0.9:
        raw[:6], raw[-6:] = b"ARROW1", b"ARROW1"
