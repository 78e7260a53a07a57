# SPDX-License-Identifier: Apache-2.0
"""Files that are refused: types that are not taken, hostile bytes, ceilings."""
import random
import struct

import pytest

import arrow_file as af
from arrow_columns import DAYS, LARGE, UTF8, VIEW, one
from arrow_file import Array, Field, File, Scalar, bitmap, int_type, numbers, texts, timestamp_type
from remedies import REMEDIES
from segments import FIXTURES, dump, dump_many

CORPUS = FIXTURES.parent / "fuzz" / "corpus" / "arrow"
STRANGERS = {
    b"": "an empty file",
    b"PAR1\x15\x04": f"a Parquet file; as Arrow: {REMEDIES['PARQUET']}",
    b"FEA1\0\0\0\0": f"a Feather version 1 file; as version 2: {REMEDIES['REWRITE']}",
    b"\xff\xff\xff\xff\x10\0\0\0": f"an Arrow IPC stream; as a file: {REMEDIES['STREAM']}",
    b"\x80\x04\x95\0": f"a Python pickle; as Arrow: {REMEDIES['PICKLE']}",
    b"ORC\0": f"an ORC file; as Arrow: {REMEDIES['ORC']}",
    b"\x1f\x8b\x08\0": "gzip-compressed data; unpack it: gunzip FILE",
    b"PK\x03\x04": "a zip archive; unpack it: unzip FILE",
    b"a,b\n1,2\n": "text; a table of text is called .csv or .tsv",
    b"\0\x01\x02\x03": "other bytes",
}


@pytest.mark.parametrize("raw", STRANGERS)
def test_b_stranger_is_called_by_its_name(raw, tmp_path):
    assert dump(raw, tmp_path) == f"bad_input: expected an Arrow IPC file, found {STRANGERS[raw]}"


TEXT = f"as text: {REMEDIES['TEXT']}"
REFUSED_TYPES = {
    11: f"interval is not supported by datasets; {TEXT}",
    12: f"list is not supported by datasets; {TEXT}",
    13: f"struct is not supported by datasets; a column for each field: {REMEDIES['FLATTEN']}",
    14: f"union is not supported by datasets; {TEXT}",
    16: f"fixed-size list is not supported by datasets; {TEXT}",
    17: f"map is not supported by datasets; {TEXT}",
    21: f"large list is not supported by datasets; {TEXT}",
    22: f"run-end encoded is not supported by datasets; {TEXT}",
    25: f"list view is not supported by datasets; {TEXT}",
    26: f"large list view is not supported by datasets; {TEXT}",
    0: "Arrow type 0 is unknown",
    99: "Arrow type 99 is unknown",
}


@pytest.mark.parametrize("number", REFUSED_TYPES)
def test_b_type_is_refused_by_column_and_name(number, tmp_path):
    raw = File([Field("ok", int_type(8)), Field("x", (number, {}))]).bytes()
    assert dump(raw, tmp_path) == f'bad_input: column "x": {REFUSED_TYPES[number]}'


FILE = {
    "the footer has no schema": lambda: swap_footer({0: Scalar("h", 4)}),
    "expected Arrow metadata version 4 or 5, found 3": lambda: File([], version=2).bytes(),
    f"expected a little-endian Arrow IPC file, found a big-endian one; as little-endian: {REMEDIES['REWRITE']}": lambda: File([], endianness=1).bytes(),
    f"compression 0 by method 1 is unknown; with ZSTD: {REMEDIES['REWRITE']}":
        lambda: File([Field("x", int_type(8))]).batch(numbers([1], "b"), compress=af.with_zstd, codec=0, method=1).bytes(),
    f"compression 7 by method 0 is unknown; with ZSTD: {REMEDIES['REWRITE']}":
        lambda: File([Field("x", int_type(8))]).batch(numbers([1], "b"), compress=af.with_zstd, codec=7).bytes(),
    "record batch 0 has 2 columns, the schema 1":
        lambda: File([Field("x", int_type(8))]).batch(numbers([1], "b"), numbers([1], "b")).bytes(),
    "record batch 1 lies outside of the file or overlaps the one before": lambda: twice_the_same_batch(),
    "a batch has 1 columns with 3 buffers, the schema describes 1 with 2":
        lambda: File([Field("x", int_type(8))]).batch(Array(1, 0, [b"", b"1", b"2"])).bytes(),
    "the name of column 0 is not UTF-8": lambda: File([Field(b"\xff", int_type(8))]).bytes(),
    "the name of column 0 has 65537 bytes, the limit is 65536": lambda: File([Field("x" * 65537, int_type(8))]).bytes(),
    "a footer of 2147483646 bytes does not fit into a file of 506": lambda: footer_size(2**31 - 2),
    "a footer of 4294967295 bytes does not fit into a file of 506": lambda: footer_size(2**32 - 1),
    "record batch 0: expected a message of type 3, found type 1": lambda: block_of_schema(),
}


def swap_footer(table):
    raw = af.flatbuffer(table)
    return b"ARROW1\0\0" + raw + struct.pack("<i", len(raw)) + b"ARROW1"


def twice_the_same_batch():
    made = File([Field("x", int_type(8))]).batch(numbers([1], "b"))
    made.blocks[af.BATCH] *= 2
    return made.bytes()


def block_of_schema():
    made = File([Field("x", int_type(8))])
    made.blocks[af.BATCH].append((8, len(made.out) - 8, 0))
    return made.bytes()


def footer_size(size):
    raw = File([Field("x", int_type(8))]).batch(numbers([1], "b")).bytes()
    assert len(raw) == 506
    return raw[:-10] + struct.pack("<I", size) + raw[-6:]


@pytest.mark.parametrize("message", FILE)
def test_f_damaged_file_is_refused(message, tmp_path):
    assert dump(FILE[message](), tmp_path) == "bad_input: " + message


def array(length, nulls, *buffers, data=None):
    return Array(length, nulls, list(buffers), data)


def lying(size):
    """A compressor that declares `size` bytes whatever it is given."""
    return lambda raw: struct.pack("<q", size) + af.zstd(raw)


def lz4_lying(size, raw=b"x"):
    return struct.pack("<q", size) + af.lz4(raw, sized=False)


def view(length, buffer, offset):
    return struct.pack("<i4sii", length, b"....", buffer, offset)


COLUMN = {
    "3 values in a batch of 2 rows": (int_type(8), array(3, 0, b"", b"123"), {"rows": 2}),
    "4 nulls among 3 values": (int_type(8), array(3, 4, b"", b"123"), {}),
    "-1 nulls among 3 values": (int_type(8), array(3, -1, b"", b"123"), {}),
    "its values have 3 bytes, its rows need 4": (int_type(8), array(4, 0, b"", b"123"), {}),
    "its validity have 0 bytes, its rows need 1": (int_type(8), array(3, 1, b"", b"123"), {}),
    "a batch speaks of 1 nulls, its validity has 2": (int_type(8), array(3, 1, b"\1", b"123"), {}),
    "its offsets have 8 bytes, its rows need 12": (UTF8, array(2, 0, b"", bytes(8), b""), {}),
    "its offsets run from 0 to 5, its data have 4 bytes":
        (UTF8, array(2, 0, b"", struct.pack("<3i", 0, 2, 5), b"abcd"), {}),
    "its offsets run from -1 to 4, its data have 4 bytes":
        (UTF8, array(2, 0, b"", struct.pack("<3i", -1, 2, 4), b"abcd"), {}),
    "the offset falls at row 1, from 9 to 4": (LARGE, array(2, 0, b"", struct.pack("<3q", 0, 9, 4), b"abcd"), {}),
    "the offset falls at row 0, from 0 to -2147483648":
        (UTF8, array(2, 0, b"", struct.pack("<3i", 0, -2**31, 4), b"abcd"), {}),
    "row 1 is not UTF-8": (UTF8, texts(["é", b"\xff", "ok"]), {}),
    "row 0 is not UTF-8": (UTF8, array(2, 0, b"", struct.pack("<3i", 0, 1, 2), "é".encode()), {}),
    "row 2 is not UTF-8": (UTF8, texts(["a", "b", b"\xed\xa0\x80"]), {}),
    "row 0 is a view of length -2": (VIEW, array(1, 0, b"", view(-2, 0, 0), b"x" * 20, data=1), {}),
    "row 0 lies in data buffer 1, there are 1": (VIEW, array(1, 0, b"", view(13, 1, 0), b"x" * 20, data=1), {}),
    "row 0 lies outside of its data buffer": (VIEW, array(1, 0, b"", view(13, 0, 8), b"x" * 20, data=1), {}),
    "its buffers are missing: the batch has 3": (VIEW, array(1, 0, b"", view(13, 0, 8), b"x" * 20, data=2), {}),
    "a batch does not say how many data buffers it has": (VIEW, array(0, 0, b"", b""), {}),
    "its buffers are missing: the batch has 1": (int_type(8), array(1, 0, b"1"), {}),
    "its values have 3 bytes, too few for a compressed buffer":
        (int_type(8), array(1, 0, b"", b"x"), {"compress": lambda raw: b"123"}),
    "its values declare -2 bytes": (int_type(8), array(1, 0, b"", b"x"), {"compress": lying(-2)}),
    "its values declare 2 bytes, their zstd frame 1": (int_type(8), array(1, 0, b"", b"x"), {"compress": lying(2)}),
    "its values are not a zstd frame":
        (int_type(8), array(1, 0, b"", b"x"), {"compress": lambda raw: struct.pack("<q", 1) + b"zzzzzzzz"}),
    "its values declare 10737418240 bytes, which 13 compressed bytes cannot hold":
        (int_type(8), array(1 << 30, 0, b"", b"x"), {"compress": lambda raw: struct.pack("<q", 10 << 30)
            + b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", 10 << 30)}),
    "its values declare 10240 bytes, which 16 compressed bytes cannot hold":
        (int_type(8), array(1, 0, b"", b"x"), {"compress": lambda raw: lz4_lying(10240), "codec": 0}),
    "its values cannot be decompressed by LZ4: the frame has fewer bytes":
        (int_type(8), array(1, 0, b"", b"x"), {"compress": lambda raw: lz4_lying(2), "codec": 0}),
    "its values cannot be decompressed by LZ4: the frame has more bytes":
        (int_type(8), array(1, 0, b"", b"xyz"), {"compress": lambda raw: lz4_lying(2, raw), "codec": 0}),
    "its values cannot be decompressed by LZ4: the frame is cut":
        (int_type(8), array(1, 0, b"", b"x"), {"compress": lambda raw: lz4_lying(1)[:-5], "codec": 0}),
    "its values cannot be decompressed by LZ4: bytes behind the frame":
        (int_type(8), array(1, 0, b"", b"x"), {"compress": lambda raw: lz4_lying(1) + b"z", "codec": 0}),
    "its values cannot be decompressed by LZ4: ERROR_frameType_unknown":
        (int_type(8), array(1, 0, b"", b"x"), {"compress": lambda raw: struct.pack("<q", 1) + b"z" * 20, "codec": 0}),
    "row 1 holds 106752 days since 1970, which nanoseconds cannot hold (they reach from 1677 to 2262)":
        (DAYS, numbers([106751, 106752], "i"), {}),
    "row 0 holds -9223372037 seconds since 1970, which nanoseconds cannot hold (they reach from 1677 to 2262)":
        (timestamp_type(0), numbers([-9223372037], "q"), {}),
    "row 0 holds 9223372036854776 microseconds since 1970, which nanoseconds cannot hold (they reach from 1677 to 2262)":
        (timestamp_type(2), numbers([9223372036854776], "q"), {}),
    "row 0 holds 9223372037 seconds, which nanoseconds cannot hold (they reach 292 years)":
        (af.duration_type(0), numbers([9223372037], "q"), {}),
    "a duration of unknown unit 4": (af.duration_type(4), numbers([1], "q"), {}),
    "row 1 holds 86400 seconds, a day has 0 to 86399": (af.time_type(0, 32), numbers([1, 86400], "i"), {}),
    "row 0 holds -1 microseconds, a day has 0 to 86399999999": (af.time_type(2, 64), numbers([-1], "q"), {}),
    "a time of 64 bits, expected 32 for its unit": (af.time_type(1, 64), numbers([1], "q"), {}),
    "a time of unknown unit -1": (af.time_type(-1, 64), numbers([1], "q"), {}),
    "its time zone has 257 bytes, the limit is 256": (timestamp_type(0, "Z" * 257), numbers([1], "q"), {}),
    "its time zone is not UTF-8": (timestamp_type(0, b"\xc0\x80"), numbers([1], "q"), {}),
    "fixed-size binary of 0 bytes, expected 1 or more": (af.fixed_type(0), array(1, 0, b"", b""), {}),
    "its values have 5 bytes, its rows need 6": (af.fixed_type(3), array(2, 0, b"", b"12345"), {}),
    "its values have 3 bytes, its rows need 4294967294": (af.fixed_type(2**31 - 1), array(2, 0, b"", b"123"), {}),
    "5 nulls among 4 values": ((af.NULL, {}), array(4, 5), {}),
    "a decimal of 512 bits, expected 32, 64, 128 or 256": (af.decimal_type(512, 2), array(1, 0, b"", bytes(64)), {}),
    "a decimal of scale 1001, expected -1000 to 1000": (af.decimal_type(128, 1001), array(1, 0, b"", bytes(16)), {}),
    "its values have 16 bytes, its rows need 32": (af.decimal_type(128, 2), array(2, 0, b"", bytes(16)), {}),
    "an integer of 128 bits, expected 8, 16, 32 or 64": (int_type(128), numbers([1], "q"), {}),
    "a float of unknown precision 3": ((af.FLOAT, {0: Scalar("h", 3)}), numbers([1], "h"), {}),
}


@pytest.mark.parametrize("message", COLUMN)
def test_f_damaged_column_is_refused(message, tmp_path):
    kind, values, options = COLUMN[message]
    raw = File([Field("x", kind)]).batch(values, **options).bytes()
    assert dump(raw, tmp_path) == f'bad_input: column "x": {message}'


WORDS = texts(["a", "b"])
DICTIONARY = {
    "row 1 points to value 2 of its dictionary, which has 2": ([(WORDS, False)], numbers([1, 2], "i")),
    "row 0 points to value -1 of its dictionary, which has 2": ([(WORDS, False)], numbers([-1], "i")),
    "row 0 points to value 0 of its dictionary, which has 0": ([], numbers([0], "i")),
    "its dictionary 3 comes twice": ([(WORDS, False), (WORDS, False)], numbers([0], "i")),
    "its dictionary 3 begins with a delta": ([(WORDS, True)], numbers([0], "i")),
}


@pytest.mark.parametrize("message", DICTIONARY)
def test_f_damaged_dictionary_is_refused(message, tmp_path):
    before, codes = DICTIONARY[message]
    said = one(UTF8, codes, tmp_path=tmp_path, dictionary=(3, None, False), before=before)
    assert said == f'bad_input: column "x": {message}'


@pytest.mark.parametrize("kind,word", [((af.NULL, {}), "null"), ((af.BOOL, {}), "bool"),
                                       (af.decimal_type(128, 2), "decimal")])
def test_b_dictionary_of_what_needs_none_is_refused(kind, word, tmp_path):
    said = one(kind, numbers([0], "i"), tmp_path=tmp_path, dictionary=(1, None, False))
    assert said == (f'bad_input: column "x": a dictionary of {word} is not supported by datasets; '
                    f"without it: {REMEDIES['VALUES']}")


def test_f_undefined_bytes_below_nulls_never_complain(tmp_path):
    far = array(2, 1, bitmap([1, 0]), struct.pack("<qq", 1, 2**62))
    assert one(timestamp_type(0), far, tmp_path=tmp_path)["values"] == [10**9, None]
    codes = array(2, 1, bitmap([0, 1]), struct.pack("<ii", 2**30, 1))
    column = one(UTF8, codes, tmp_path=tmp_path, dictionary=(3, None, False), before=[(WORDS, False)])
    assert column["values"] == [-1, 1]
    wild = array(2, 1, bitmap([1, 0]), view(13, 0, 0) + view(-5, 9, 9), b"y" * 13, data=1)
    assert one(VIEW, wild, tmp_path=tmp_path)["values"] == ["y" * 13, None]


def test_l_ceilings_hold_before_memory_is_taken(tmp_path):
    zeros = array(1 << 20, 0, b"", bytes(8 << 20))
    raw = File([Field("x", int_type(64))]).batch(zeros, compress=af.with_zstd).bytes()
    assert dump(raw, tmp_path, "ns", "1", "8000000") == \
        'limit:output: column "x": its values declare 8388608 bytes, the limit is 8000000'
    assert dump(raw, tmp_path, "ns", "1", "8388608") == \
        "limit:output: the dataset needs 8388928 bytes of memory, the limit is 8388608"
    raw = File([Field("x", (af.BOOL, {}))]).batch(array((1 << 30) + 1, 0, b"", b"")).bytes()
    assert dump(raw, tmp_path) == "limit:output: the file has more rows than the limit of 1073741824"


def test_l_views_that_share_their_text_cannot_swell(tmp_path):
    shared = array(10000, 0, b"", view(100000, 0, 0) * 10000, bytes(100000), data=1)
    said = one(VIEW, shared, tmp_path=tmp_path, options=["ns", "1", "100000000"])
    assert said == "limit:output: a column has more than 100000000 bytes of text"


def test_f_random_damage_never_crashes_nor_makes_a_bad_segment(tmp_path):
    chance = random.Random(20261121)
    kept, paths = sorted(CORPUS.iterdir()), []
    seeds = [path.read_bytes() for path, said in zip(kept, dump_many(kept)) if said == "ok"]
    for number in range(1500):
        raw = bytearray(chance.choice(seeds))
        for _ in range(chance.choice([1, 1, 2, 5])):
            at = chance.randrange(8, len(raw) - 6)
            raw[at] = chance.choice([0, 1, 0x7f, 0x80, 0xff, raw[at] ^ 1 << chance.randrange(8), chance.randrange(256)])
        paths.append(tmp_path / str(number))
        paths[-1].write_bytes(raw)
    said = dump_many(paths)
    assert len(said) == len(paths) and 100 < said.count("ok") < len(paths) - 100
