# SPDX-License-Identifier: Apache-2.0
"""Pictures joined by the library, compared pixel by pixel with an independent reader and with Pillow.

The C side is tests/unit/png_join_tool.c; its path comes in QUERN_PNG_JOIN_TOOL.
"""
import base64
import io
import itertools
import json
import os
import random
import struct
import subprocess
import zlib

import numpy as np
import pytest
from PIL import Image

import png_reference as ref
from segments import program

TOOL = os.environ.get("QUERN_PNG_JOIN_TOOL") or program("png_join_tool")


class Tool:
    """Joins lists of PNG bytes; the result's bytes are in `png`, the report is returned."""

    def __init__(self, folder):
        self.folder = folder
        self.png = b""

    def __call__(self, pictures, *options):
        paths = []
        for number, picture in enumerate(pictures):
            paths.append(self.folder / f"in{number}.png")
            paths[-1].write_bytes(picture)
        output = self.folder / "out.png"
        run = subprocess.run([TOOL, *options, output, *paths], capture_output=True, text=True, timeout=120)
        assert run.returncode == 0, run.stderr
        self.png = output.read_bytes()
        return json.loads(run.stdout)

    def same(self, pictures, spliced):
        """Joins pictures that are all usable, and compares pixels."""
        report = self(pictures)
        expected = ref.stack([ref.decode(picture) for picture in pictures])
        assert report == {
            "pictures": len(pictures), "width": expected.shape[1], "height": expected.shape[0],
            "spliced": spliced, "bytes": len(self.png), "warnings": [],
        }
        assert np.array_equal(ref.decode(self.png), expected)
        return report

    def refused(self, picture, text, *options):
        """A picture between two good ones is skipped with this warning, and the two are joined."""
        good = png()
        report = self([good, picture, good], *options)
        assert report["warnings"] == [[1, text]]
        assert report["pictures"] == 2
        assert np.array_equal(ref.decode(self.png), ref.stack([ref.decode(good)] * 2))


@pytest.fixture
def tool(tmp_path):
    return Tool(tmp_path)


def samples(width, height, depth=8, color=6, seed=0):
    """Random samples with some runs in them: (height, width, channels)."""
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 1 << depth, (height, width, ref.CHANNELS[color]))
    values[:, width // 2 :] = values[:, width // 2 : width // 2 + 1]
    return values


def png(width=5, height=4, depth=8, color=6, seed=0, **options):
    if color == 3:
        options.setdefault("before", ref.chunk(b"PLTE", random.Random(seed).randbytes(3 << depth)))
    return ref.encode(samples(width, height, depth, color, seed), depth, color, **options)


DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
FORMATS = [(depth, color) for color, depths in DEPTHS.items() for depth in depths]


@pytest.mark.parametrize("depth,color", FORMATS)
@pytest.mark.parametrize("interlace", [0, 1])
def test_b_equal_headers_keep_every_pixel(tool, depth, color, interlace):
    pictures = [png(19, height, depth, color, height, interlace=interlace) for height in (7, 1, 12)]
    tool.same(pictures, int(color != 3 and not interlace))


@pytest.mark.parametrize("first,second", itertools.combinations(FORMATS, 2))
def test_b_all_pairs_of_formats_keep_every_pixel(tool, first, second):
    pictures = [png(9, 5, *first), png(14, 3, *second, seed=1), png(9, 2, *first, seed=2)]
    tool.same(pictures, 0)


@pytest.mark.parametrize("interlace", [0, 1])
@pytest.mark.parametrize("width,height", [(1, 1), (1, 9), (9, 1), (2, 2), (3, 5), (8, 8), (5, 1)])
def test_l_small_sizes(tool, width, height, interlace):
    pictures = [png(width, height, interlace=interlace, seed=seed) for seed in range(3)]
    tool.same(pictures, 1 - interlace)
    tool.same(pictures + [png(4, 4)], 0)


@pytest.mark.parametrize("kind", range(5))
def test_b_all_filters_keep_every_pixel(tool, kind):
    pictures = [png(7, 6, seed=seed, filters=lambda row: kind) for seed in range(3)]
    tool.same(pictures, int(kind < 2))
    pictures[1:] = [png(7, 6, seed=seed, filters=lambda row: kind if row else 1) for seed in range(2)]
    tool.same(pictures, 1)


@pytest.mark.parametrize("color,depth,trns", [
    (0, 8, struct.pack(">H", 3)), (0, 2, struct.pack(">H", 1)), (0, 16, struct.pack(">H", 77)),
    (2, 8, struct.pack(">HHH", 1, 2, 3)), (2, 16, struct.pack(">HHH", 1, 2, 3)),
])
def test_b_transparent_color(tool, color, depth, trns):
    values = samples(6, 5, depth, color)
    values[2, 1] = np.frombuffer(trns, ">u2")
    keyed = ref.encode(values, depth, color, before=ref.chunk(b"tRNS", trns))
    tool.same([keyed], 0)
    tool.same([png(9, 2, depth, color), keyed], 0)


def test_b_transparent_palette(tool):
    before = ref.chunk(b"PLTE", bytes(range(30))) + ref.chunk(b"tRNS", bytes([0, 9, 99]))
    tool.same([ref.encode(samples(6, 5, 2, 3), 2, 3, before=ref.chunk(b"PLTE", bytes(range(9)))), png(3, 3)], 0)
    tool.same([ref.encode(samples(6, 5, 4, 3) % 10, 4, 3, before=before), png(8, 3, 8, 2)], 0)


def test_b_opaque_pictures_are_padded_with_white(tool):
    tool.same([png(3, 2, 8, 2), png(5, 2, 8, 2)], 0)
    joined = Image.open(io.BytesIO(tool.png))
    assert joined.mode == "RGB"
    assert joined.getpixel((4, 1)) == (255, 255, 255)


def test_b_padding_is_transparent_where_a_picture_has_alpha(tool):
    tool.same([png(3, 2, 8, 2), png(5, 2, 8, 4)], 0)
    joined = Image.open(io.BytesIO(tool.png))
    assert joined.mode == "RGBA"
    assert joined.getpixel((4, 1)) == (0, 0, 0, 0)


def stored(data):
    return zlib.compress(data, 0)


def fixed(data):
    pack = zlib.compressobj(6, zlib.DEFLATED, 15, 8, zlib.Z_FIXED)
    return pack.compress(data) + pack.flush()


def flushed(data):
    """Many blocks of all kinds, among them empty ones."""
    pack = zlib.compressobj(6, zlib.DEFLATED, 9)
    modes = itertools.cycle([zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH, zlib.Z_PARTIAL_FLUSH, zlib.Z_BLOCK])
    pieces = [data[i : i + 11] for i in range(0, len(data), 11)]
    return b"".join(pack.compress(piece) + pack.flush(next(modes)) for piece in pieces) + pack.flush()


def ended_by_empty_block(data):
    """The last block holds nothing and begins at any bit."""
    pack = zlib.compressobj(9)
    return pack.compress(data) + pack.flush(zlib.Z_BLOCK) + pack.flush()


def dirty(data):
    """Ones in the unused bits behind the last block; no reader looks at them."""
    packed = bytearray(zlib.compress(data))
    for bit in range(7, -1, -1):
        packed[-5] ^= 1 << bit
        try:
            assert zlib.decompress(packed) == data
        except zlib.error:
            packed[-5] ^= 1 << bit
            break
    return bytes(packed)


@pytest.mark.parametrize("piece", [1, 2, 7, 1 << 16])
@pytest.mark.parametrize("pack", [zlib.compress, stored, fixed, flushed, ended_by_empty_block, dirty])
def test_b_splice_takes_all_kinds_of_blocks(tool, pack, piece):
    for width in range(1, 24):  # the last block ends at any bit
        tool.same([png(width, 3, 8, 0, seed, pack=pack, piece=piece) for seed in range(4)], 1)


def test_b_splice_of_more_than_one_chunk_of_output(tool):
    tool.same([png(300, 90, seed=seed, pack=stored) for seed in range(3)], 1)
    kinds = [kind for kind, _ in ref.chunks_of(tool.png)]
    assert kinds == [b"IHDR"] + [b"IDAT"] * 5 + [b"IEND"]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_b_pillow_reads_what_pillow_wrote(tool, mode):
    gradient = Image.linear_gradient("L").resize((40, 30))
    if mode == "I;16":
        image = Image.fromarray((np.arange(1200).reshape(30, 40) * 54).astype(np.uint16))
    else:
        image = gradient.convert(mode)
    data = io.BytesIO()
    image.save(data, "png")
    tool.same([data.getvalue()] * 3, int(mode != "P"))
    joined, expected = Image.open(io.BytesIO(tool.png)), Image.open(data)
    assert joined.size == (40, 90)
    for number in range(3):
        part = joined.crop((0, 30 * number, 40, 30 * number + 30))
        assert np.array_equal(np.asarray(part.convert("RGBA")), np.asarray(expected.convert("RGBA")))


@pytest.fixture(scope="module")
def plots():
    """Real plots: four of one size, one larger."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    found = []
    for number, size in enumerate([(6.4, 4.8)] * 4 + [(7, 3)]):
        figure, axes = pyplot.subplots(figsize=size)
        rng = np.random.default_rng(number)
        axes.scatter(rng.normal(size=200), rng.normal(size=200), c=rng.random(200))
        axes.set_title(f"plot {number}")
        data = io.BytesIO()
        figure.savefig(data)
        pyplot.close(figure)
        found.append(data.getvalue())
    return found


def rgba(png_bytes):
    return np.asarray(Image.open(io.BytesIO(png_bytes)).convert("RGBA"))


def test_b_plots_of_one_size_are_spliced(tool, plots):
    report = tool(plots[:4])
    assert (report["spliced"], report["pictures"], report["warnings"]) == (1, 4, [])
    assert np.array_equal(rgba(tool.png), np.concatenate([rgba(plot) for plot in plots[:4]]))
    assert abs(len(tool.png) - sum(map(len, plots[:4]))) < 1000


def test_b_plots_of_two_sizes_are_encoded_again(tool, plots):
    report = tool(plots)
    assert (report["spliced"], report["width"], report["height"]) == (0, 700, 4 * 480 + 300)
    joined = rgba(tool.png)
    for number, plot in enumerate(map(rgba, plots)):
        top = 480 * number
        assert np.array_equal(joined[top : top + plot.shape[0], : plot.shape[1]], plot)
        assert not joined[top : top + plot.shape[0], plot.shape[1] :].any()


def test_b_order_is_kept_and_bytes_are_deterministic(tool):
    pictures = [png(4, 3, seed=seed) for seed in range(12)]
    tool.same(pictures, 1)
    once = tool.png
    tool.same(pictures[::-1], 1)
    assert once != tool.png
    tool.same(pictures, 1)
    assert once == tool.png


def test_l_two_hundred_pictures(tool):
    tool.same([png(6, 2, seed=seed) for seed in range(200)], 1)
    tool.same([png(6 + seed % 3, 2, seed=seed) for seed in range(200)], 0)


def test_b_no_picture_is_no_error(tool):
    nothing = {"pictures": 0, "width": 0, "height": 0, "spliced": 0, "bytes": 0}
    assert tool([]) == {**nothing, "warnings": []}
    assert tool.png == b""
    assert tool([b"", b"GIF89a"]) == {**nothing, "warnings": [
        [0, "expected a PNG file, found an empty one"], [1, "expected a PNG file, found something else"]]}
    assert tool.png == b""


def test_f_ancillary_chunks_and_trailing_bytes_are_dropped(tool):
    noise = b"<script>alert(1)</script>PK\x03\x04"
    kinds = (b"gAMA", b"iCCP", b"tEXt", b"zTXt", b"eXIf", b"acTL", b"fcTL")
    before = b"".join(ref.chunk(kind, noise) for kind in kinds)
    good = png(before=before) + noise
    animated = good.replace(ref.chunk(b"IEND"), ref.chunk(b"fdAT", noise) * 1000 + ref.chunk(b"IEND"))
    for pictures in ([good, animated], [good, animated, png(9, 9)]):
        report = tool(pictures)
        assert report["warnings"] == []
        assert {kind for kind, _ in ref.chunks_of(tool.png)} == {b"IHDR", b"IDAT", b"IEND"}
        assert noise not in tool.png


def built(*chunks):
    return ref.SIGNATURE + b"".join(chunks)


def compressed(size):
    return ref.chunk(b"IDAT", zlib.compress(bytes(size)))


HEAD, PIXELS, END = ref.ihdr(2, 2, 8, 0), compressed(6), ref.chunk(b"IEND")
PLTE, TRNS = ref.chunk(b"PLTE", bytes(6)), ref.chunk(b"tRNS", bytes(2))
INDEXED = ref.ihdr(2, 2, 1, 3)
TEXT = ref.chunk(b"tEXt")


def damaged(data, at=-1, bits=1):
    data = bytearray(data)
    data[at] ^= bits
    return bytes(data)


def wrong_sum(whole, bits):
    """What is said of a chunk at byte 33 whose checksum was damaged."""
    good = zlib.crc32(whole[4:-4])
    return f"chunk {whole[4:8].decode()} at byte 33: expected checksum {good:08x}, found {good ^ bits:08x}"


def idat(data):
    return built(HEAD, ref.chunk(b"IDAT", data), END)


BAD = {
    "something else": (b"\x89PNG\r\n\x1a", "expected a PNG file, found something else"),
    "newlines": (b"\x89PNG\n\x1a\n\0" + HEAD, "expected a PNG file, found something else"),
    "signature only": (built(), "the file ends without chunk IEND"),
    "half a frame": (built(HEAD, b"abcdef"), "the chunk at byte 33: expected at least 12 bytes, found 6"),
    "type": (built(HEAD, ref.chunk(b"ab1d")), "the chunk at byte 33: expected a type of four letters"),
    "too long": (
        built(HEAD, struct.pack(">I", 1 << 31) + b"tEXtxxxx"),
        "chunk tEXt at byte 33: expected 2147483648 bytes, found 0",
    ),
    "checksum": (built(HEAD, damaged(PIXELS), END), wrong_sum(PIXELS, 1)),
    "checksum of text": (built(HEAD, damaged(TEXT, bits=255), PIXELS, END), wrong_sum(TEXT, 255)),
    "IHDR later": (built(PIXELS, HEAD), "expected chunk IHDR first, found IDAT"),
    "IHDR size": (built(ref.chunk(b"IHDR", bytes(14))), "chunk IHDR: expected 13 bytes, found 14"),
    "no width": (built(ref.ihdr(0, 2)), "0 x 2 pixels: expected at least 1 x 1"),
    "no height": (built(ref.ihdr(2, 0)), "2 x 0 pixels: expected at least 1 x 1"),
    "huge": (built(ref.ihdr(60000, 60000), PIXELS, END), "60000 x 60000 pixels: expected at most 16384 on a side"),
    "huge width": (
        built(ref.ihdr(2**32 - 1, 1), PIXELS, END),
        "4294967295 x 1 pixels: expected at most 16384 on a side",
    ),
    "many pixels": (
        built(ref.ihdr(16000, 16000), PIXELS, END),
        "16000 x 16000 pixels: expected at most 67108864 (--picture-pixels)",
    ),
    "depth": (built(ref.ihdr(2, 2, 3, 0)), "chunk IHDR: 3 bits with color type 0 are not defined"),
    "depth 0": (built(ref.ihdr(2, 2, 0, 0)), "chunk IHDR: 0 bits with color type 0 are not defined"),
    "depth of color": (built(ref.ihdr(2, 2, 4, 6)), "chunk IHDR: 4 bits with color type 6 are not defined"),
    "color": (built(ref.ihdr(2, 2, 8, 1)), "chunk IHDR: 8 bits with color type 1 are not defined"),
    "color 7": (built(ref.ihdr(2, 2, 8, 7)), "chunk IHDR: 8 bits with color type 7 are not defined"),
    "methods": (
        built(ref.ihdr(2, 2, 8, 0, 2, 3, 4)),
        "chunk IHDR: expected compression 0, filter 0 and interlace 0 or 1, found 3, 4 and 2",
    ),
    "no IDAT": (built(HEAD, END), "expected chunk IDAT, found none"),
    "no IEND": (built(HEAD, PIXELS), "the file ends without chunk IEND"),
    "IEND size": (built(HEAD, PIXELS, ref.chunk(b"IEND", b"x")), "chunk IEND: expected 0 bytes, found 1"),
    "IDAT apart": (
        built(HEAD, PIXELS, TEXT, PIXELS, END),
        f"chunk IDAT at byte {45 + len(PIXELS)}: expected all IDAT chunks side by side",
    ),
    "IHDR twice": (built(HEAD, HEAD, PIXELS, END), "chunk IHDR at byte 33: out of order"),
    "PLTE twice": (built(INDEXED, PLTE, PLTE), "chunk PLTE at byte 51: out of order"),
    "PLTE late": (built(HEAD, PIXELS, PLTE, END), f"chunk PLTE at byte {33 + len(PIXELS)}: out of order"),
    "PLTE missing": (built(INDEXED, PIXELS, END), "expected chunk PLTE before the pixels, found none"),
    "PLTE size": (
        built(INDEXED, ref.chunk(b"PLTE", bytes(7))),
        "chunk PLTE: expected 1 to 2 colors of 3 bytes, found 7 bytes",
    ),
    "PLTE empty": (built(INDEXED, ref.chunk(b"PLTE")), "chunk PLTE: expected 1 to 2 colors of 3 bytes, found 0 bytes"),
    "PLTE large": (
        built(INDEXED, ref.chunk(b"PLTE", bytes(9))),
        "chunk PLTE: expected 1 to 2 colors of 3 bytes, found 9 bytes",
    ),
    "tRNS first": (built(INDEXED, TRNS, PLTE), "chunk tRNS at byte 33: out of order"),
    "tRNS twice": (built(HEAD, TRNS, TRNS), "chunk tRNS at byte 47: out of order"),
    "tRNS size": (built(HEAD, ref.chunk(b"tRNS", bytes(3))), "chunk tRNS: expected 2 to 2 bytes, found 3"),
    "tRNS large": (built(INDEXED, PLTE, ref.chunk(b"tRNS", bytes(3))), "chunk tRNS: expected 1 to 2 bytes, found 3"),
    "critical": (built(HEAD, ref.chunk(b"JDAT"), PIXELS, END), "chunk JDAT at byte 33: critical and unknown"),
    "chunks": (built(HEAD, TEXT * 300000, PIXELS, END), "expected at most 300000 chunks, found more"),
    "pixels short": (built(HEAD, compressed(5), END), "expected 6 bytes of pixels, found 5"),
    "pixels long": (built(HEAD, compressed(7), END), "expected 6 bytes of pixels, found more"),
    "pixel bomb": (built(HEAD, compressed(1 << 28), END), "expected 6 bytes of pixels, found more"),
    "pixels cut": (idat(zlib.compress(bytes(6), 0)[:-6]), "the compressed pixels end early: expected 6 bytes, found 4"),
    "pixels absent": (
        built(HEAD, ref.chunk(b"IDAT"), END),
        "the compressed pixels end early: expected 6 bytes, found 0",
    ),
    "pixels and more": (
        built(HEAD, PIXELS, ref.chunk(b"IDAT", b"MZ"), END),
        "expected nothing behind the compressed pixels, found 2 bytes",
    ),
    "filter": (idat(zlib.compress(b"\0\0\0\5\0\0")), "expected a row filter of 0 to 4, found 5"),
    "zlib header": (idat(b"\x78\x02"), "the compressed pixels are damaged: incorrect header check"),
    "zlib window": (
        idat(b"\x88\x1c" + zlib.compress(bytes(6))[2:]),
        "the compressed pixels are damaged: invalid window size",
    ),
    "gzip": (idat(b"\x1f\x8b\x08" + bytes(20)), "the compressed pixels are damaged: incorrect header check"),
    "dictionary": (idat(b"\x78\xbb" + bytes(8)), "the compressed pixels are damaged: they need a dictionary"),
    "adler": (idat(damaged(zlib.compress(bytes(6)))), "the compressed pixels are damaged: incorrect data check"),
    "distance": (idat(b"\x78\x01\x03\x02\x00"), "the compressed pixels are damaged: invalid distance too far back"),
    "block": (idat(b"\x78\x01\x07"), "the compressed pixels are damaged: invalid block type"),
}


@pytest.mark.parametrize("name", BAD)
def test_f_bad_pictures_are_skipped_with_a_reason(tool, name):
    tool.refused(*BAD[name])


def test_f_truncated_at_any_place(tool, plots):
    plot = plots[0]
    for start in range(0, len(plot) - 12, 64 * 100):
        cuts = list(range(start, min(start + 64 * 100, len(plot)), 64))
        report = tool([plot[:cut] for cut in cuts])
        assert (report["pictures"], len(report["warnings"])) == (0, len(cuts))


def test_f_any_flipped_bit_is_found(tool):
    good = png(5, 3)
    flips = [damaged(good, at, 1 << at % 8) for at in range(len(good))]
    report = tool(flips)
    assert [index for index, _ in report["warnings"]] == list(range(len(good)))


def test_l_ceilings_of_the_joined_picture(tool):
    assert tool([png(100, 100)] * 33, "pixels=10000") == {
        "reason": "limit:output", "error": "the joined picture: expected at most 320000 pixels (32 times --picture-pixels), found 100 x 3300",
        "warnings": []}
    assert tool([png(1, 16384, 8, 0)] * 62) == {
        "reason": "limit:output",
        "error": "the joined picture: expected at most 1000000 pixels on a side, found 1 x 1015808",
        "warnings": []}
    for pictures in ([png(50, 50)], [png(50, 50), png(49, 50)]):
        assert tool(pictures, "bytes=1000") == {
            "reason": "limit:output", "error": "the joined picture is larger than its limit of 1000 bytes",
            "warnings": []}


def test_l_ceilings_of_one_picture(tool):
    tool.refused(png(7, 7), "7 x 7 pixels: expected at most 6 on a side", "side=6")
    tool.refused(png(6, 6), "6 x 6 pixels: expected at most 35 (--picture-pixels)", "pixels=35")


def device(tool, pictures, out, err):
    paths = {name: tool.folder / name for name in ("device", "out", "err")}
    paths["out"].write_bytes(out)
    paths["err"].write_bytes(err)
    tool(pictures, *(f"{name}={path}" for name, path in paths.items()))
    return json.loads(paths["device"].read_text("utf-8"))


def test_m_device_json(tool, plots):
    assert device(tool, plots, b"", b"") == {
        "Graphics Device": [base64.b64encode(plot).decode() for plot in plots],
        "Standard Output": "", "Standard Error": ""}
    text = 'a "quoted" \\ back-slash\n\t\r\b\f\0\x1f\x7f ümläut € 𝄞 </script>'
    assert device(tool, [], text.encode(), b"x") == {
        "Graphics Device": [], "Standard Output": text, "Standard Error": "x"}


def test_m_device_json_base64_of_any_length(tool):
    pictures = [bytes(range(256)) * 13][:1] + [random.Random(n).randbytes(n) for n in (0, 1, 2, 3, 4, 3071, 3072, 3073)]
    found = device(tool, pictures, b"", b"")["Graphics Device"]
    assert [base64.b64decode(text, validate=True) for text in found] == pictures


def test_f_device_json_text_that_is_not_utf8(tool):
    parts = [b"\xff", b"\xc3", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x80",
             b"\xf0\x9f\x98", b"\xe0\x9f\xbf", "é".encode(), b"a"]
    rng = random.Random(1)
    noise = rng.randbytes(200000) + b"".join(rng.choices(parts, k=5000)) + b"\xe2\x82"
    found = device(tool, [], b"|".join(parts), noise)
    assert found["Standard Output"] == b"|".join(parts).decode("utf-8", "backslashreplace")
    assert found["Standard Error"] == noise.decode("utf-8", "backslashreplace")
