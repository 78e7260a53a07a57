# SPDX-License-Identifier: Apache-2.0
"""A small PNG writer and reader after the PNG specification (W3C, third edition), as oracle for the tests.

The writer controls what ordinary ones hide: filters per row, interlacing, chunk borders. Samples are numpy arrays of
shape (height, width, channels); depth in bits per sample.
"""
import struct
import zlib

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
WHOLE = [(0, 0, 1, 1)]


def chunk(kind, data=b""):
    """One chunk with length and checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def ihdr(width, height, depth=8, color=6, interlace=0, compression=0, filtering=0):
    """The IHDR chunk."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, compression, filtering, interlace))


def chunks_of(png):
    """List of (type, data) up to IEND; checks signature and checksums."""
    assert png[:8] == SIGNATURE
    found, at = [], 8
    while not found or found[-1][0] != b"IEND":
        (size,) = struct.unpack_from(">I", png, at)
        kind, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        assert struct.unpack_from(">I", png, at + 8 + size)[0] == zlib.crc32(kind + data)
        found.append((kind, data))
        at += 12 + size
    assert at == len(png)
    return found


def pack_row(row, depth):
    """Bytes of one row; row: (width, channels)."""
    flat = row.reshape(-1)
    if depth == 16:
        return flat.astype(">u2").tobytes()
    if depth == 8:
        return flat.astype(np.uint8).tobytes()
    bits = (flat[:, None] >> np.arange(depth - 1, -1, -1)) & 1
    return np.packbits(bits.reshape(-1).astype(np.uint8)).tobytes()


def unpack_row(data, width, channels, depth):
    """Inverse of pack_row: (width, channels) of ints."""
    if depth == 16:
        flat = np.frombuffer(data, ">u2").astype(np.int64)
    elif depth == 8:
        flat = np.frombuffer(data, np.uint8).astype(np.int64)
    else:
        bits = np.unpackbits(np.frombuffer(data, np.uint8)).astype(np.int64)
        flat = (bits.reshape(-1, depth) << np.arange(depth - 1, -1, -1)).sum(axis=1)[: width * channels]
    return flat.reshape(width, channels)


def predict(kind, a, b, c):
    """The filter's prediction from left, above and upper left."""
    if kind < 4:
        return (0, a, b, (a + b) // 2)[kind]
    p = a + b - c
    return min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]


def filter_row(kind, row, above, step):
    """Filtered bytes of a row of bytes."""
    out = bytearray([kind])
    for i, value in enumerate(row):
        a, c = (row[i - step], above[i - step]) if i >= step else (0, 0)
        out.append((value - predict(kind, a, above[i], c)) & 255)
    return bytes(out)


def unfilter_row(kind, row, above, step):
    """Inverse of filter_row."""
    out = bytearray()
    for i, value in enumerate(row):
        a, c = (out[i - step], above[i - step]) if i >= step else (0, 0)
        out.append((value + predict(kind, a, above[i], c)) & 255)
    return bytes(out)


def filtered(samples, depth, interlace=0, filters=lambda row: 0):
    """The bytes that are compressed."""
    step = max(1, samples.shape[2] * depth // 8)
    out = []
    for x, y, dx, dy in ADAM7 if interlace else WHOLE:
        part = samples[y::dy, x::dx]
        above = None
        for number in range(part.shape[0] if part.shape[1] else 0):
            row = pack_row(part[number], depth)
            out.append(filter_row(filters(number), row, above or bytes(len(row)), step))
            above = row
    return b"".join(out)


def encode(samples, depth=8, color=6, *, interlace=0, filters=lambda row: 0, before=b"", piece=1 << 16,
           pack=zlib.compress):
    """A PNG file. before: chunks between IHDR and IDAT; piece: bytes per IDAT; pack: makes the zlib stream."""
    data = pack(filtered(samples, depth, interlace, filters))
    idat = b"".join(chunk(b"IDAT", data[i : i + piece]) for i in range(0, len(data), piece))
    height, width = samples.shape[:2]
    return SIGNATURE + ihdr(width, height, depth, color, interlace) + before + idat + chunk(b"IEND")


def expand(samples, depth, color, plte, trns):
    """RGBA of 16 bits from raw samples."""
    top = (1 << depth) - 1
    if color == 3:
        table = np.zeros((256, 4), np.int64)
        table[:, 3] = 255
        table[: len(plte) // 3, :3] = np.frombuffer(plte, np.uint8).reshape(-1, 3)
        table[: len(trns or b""), 3] = list(trns or b"")
        return table[samples[:, :, 0]] * 257
    alpha = np.full(samples.shape[:2] + (1,), top)
    if color in (4, 6):
        samples, alpha = samples[:, :, :-1], samples[:, :, -1:]
    elif trns:
        key = np.frombuffer(trns, ">u2").astype(np.int64)
        alpha = np.where((samples == key).all(axis=2, keepdims=True), 0, top)
    if samples.shape[2] == 1:
        samples = samples.repeat(3, axis=2)
    return np.concatenate([samples, alpha], axis=2) * (65535 // top)


def decode(png):
    """Pixels as RGBA of 16 bits: array (height, width, 4)."""
    found = chunks_of(png)
    width, height, depth, color, _, _, interlace = struct.unpack(">IIBBBBB", found[0][1])
    first = {kind: data for kind, data in reversed(found)}
    data = zlib.decompress(b"".join(data for kind, data in found if kind == b"IDAT"))
    channels, at = CHANNELS[color], 0
    samples = np.zeros((height, width, channels), np.int64)
    for x, y, dx, dy in ADAM7 if interlace else WHOLE:
        part = samples[y::dy, x::dx]
        if not part.shape[1]:
            continue
        size = (part.shape[1] * channels * depth + 7) // 8
        above = bytes(size)
        for number in range(part.shape[0]):
            above = unfilter_row(data[at], data[at + 1 : at + 1 + size], above, max(1, channels * depth // 8))
            part[number] = unpack_row(above, part.shape[1], channels, depth)
            at += 1 + size
    assert at == len(data)
    return expand(samples, depth, color, first.get(b"PLTE"), first.get(b"tRNS"))


def stack(pictures):
    """What joining must give: RGBA arrays below each other, padded on the right."""
    width = max(picture.shape[1] for picture in pictures)
    opaque = all((picture[:, :, 3] == 65535).all() for picture in pictures)
    rows = []
    for picture in pictures:
        padded = np.full((picture.shape[0], width, 4), 65535 if opaque else 0, np.int64)
        padded[:, : picture.shape[1]] = picture
        rows.append(padded)
    return np.concatenate(rows)
