# SPDX-License-Identifier: Apache-2.0
"""What the reader makes of types that no golden file shows: features of other writers, value by value."""
import decimal
import json
import random

import pytest

import arrow_file as af
from arrow_columns import BINARY, BINARY_VIEW, DAYS, DOUBLE, HALF, LARGE, LARGE_BINARY, MILLIS, SINGLE, UTF8, VIEW, hinted, one
from arrow_file import Array, Field, File, bitmap, int_type, numbers, texts, timestamp_type, views
from segments import dump


@pytest.mark.parametrize("compress", [None, af.with_zstd, af.with_lz4, af.as_raw])
@pytest.mark.parametrize("old", [False, True])
def test_b_batches_are_joined_in_any_framing_and_compression(compress, old, tmp_path):
    made = File([Field("i", int_type(32)), Field("s", UTF8), Field("b", (af.BOOL, {}))], af.V4 if old else af.V5, old)
    words, flags = ["a", None, "ccc", "é", "", None, "long enough to be worth it"], [1, 0, 1, 1, 0]
    for i in range(5):
        present = [True] * 5 if i == 2 else [k != i for k in range(5)]
        bools = Array(5, 5 - sum(present), [bitmap(present) if i != 2 else b"", bitmap(flags)])
        made.batch(numbers([i * 5 + k for k in range(5)], "i"), texts([words[(i + k) % 7] for k in range(5)]), bools,
                   compress=compress, codec=0 if compress is af.with_lz4 else 1)
    table, (ints, strings, bools) = dump(made.bytes(), tmp_path)
    assert (table["rows"], table["columns"]) == (25, 3)
    assert ints["values"] == list(range(25)) and ints["kind"] == "int32"
    assert strings["values"] == [words[(i + k) % 7] for i in range(5) for k in range(5)]
    assert strings["nulls"] == strings["values"].count(None)
    assert bools["values"] == [None if k == i and i != 2 else bool(flags[k]) for i in range(5) for k in range(5)]


@pytest.mark.parametrize("bits,signed,code", [(8, 1, "b"), (16, 1, "h"), (32, 1, "i"), (64, 1, "q"),
                                              (8, 0, "B"), (16, 0, "H"), (32, 0, "I"), (64, 0, "Q")])
def test_b_integers_stay_exact_and_become_doubles_with_nulls(bits, signed, code, tmp_path):
    low, high = (-2**(bits - 1), 2**(bits - 1) - 1) if signed else (0, 2**bits - 1)
    column = one(int_type(bits, signed), numbers([low, 1, high], code), tmp_path=tmp_path)
    assert column["values"] == [low, 1, high] and column["kind"] == ("" if signed else "u") + f"int{bits}"
    column = one(int_type(bits, signed), numbers([low, 1], code), numbers([None, high], code), tmp_path=tmp_path)
    assert column["values"] == [float(low), 1.0, None, float(high)] and column["kind"] == "double"
    assert column["nulls"] == 1


@pytest.mark.parametrize("signed,code,values,inexact", [
    (1, "q", [2**53, -2**53, 2**62 + 2**10, -2**63, 0, 1], 0),
    (1, "q", [2**53 + 1, -2**53 - 1, 2**63 - 1, 2**62 + 2**9, -2**63 + 1], 5),
    (0, "Q", [2**63, 2**64 - 2**11, 2**53], 0),
    (0, "Q", [2**64 - 1, 2**63 + 1, 2**53 + 2], 2),
])
def test_b_integers_that_no_double_holds_are_counted(signed, code, values, inexact, tmp_path):
    kind = int_type(64, signed)
    column = one(kind, numbers([*values, None], code), numbers(values, code), tmp_path=tmp_path)
    assert column["inexact"] == 2 * inexact and column["kind"] == "double"
    assert sum(int(float(value)) != value for value in values) == inexact
    # What stands below a null is nobody's value: 0x5a5a5a5a5a5a5a5a has too many bits.
    assert one(kind, numbers([None, 1], code), tmp_path=tmp_path)["inexact"] == 0


@pytest.mark.parametrize("dtype,kind,array,values", [
    *((f"{'' if signed else 'U'}Int{bits}", int_type(bits, signed), numbers([1, None, 7], code), [1, None, 7])
      for bits, signed, code in [(8, 1, "b"), (16, 1, "h"), (32, 1, "i"), (64, 1, "q"),
                                 (8, 0, "B"), (16, 0, "H"), (32, 0, "I"), (64, 0, "Q")]),
    ("Float32", SINGLE, numbers([0.5, None, 2], "f"), [0.5, None, 2]),
    ("Float64", DOUBLE, numbers([0.5, None, 2], "d"), [0.5, None, 2]),
    ("boolean", (af.BOOL, {}), Array(3, 1, [bitmap([1, 0, 1]), bitmap([1, 1, 0])]), [True, None, False]),
    ("string", UTF8, texts(["a", None, ""]), ["a", None, ""]),
    ("string[python]", LARGE, texts(["a", None, ""], "q"), ["a", None, ""]),
    ("string[pyarrow]", VIEW, views(["a", None, ""]), ["a", None, ""]),
])
def test_b_nullable_columns_by_the_metadata_for_pandas(dtype, kind, array, values, tmp_path):
    column = hinted(kind, dtype, array, array, tmp_path=tmp_path)
    assert column["nullable"] and column["values"] == values * 2 and column["nulls"] == 2 and column["inexact"] == 0
    plain = one(kind, array, tmp_path=tmp_path)
    assert "nullable" not in plain and (plain["kind"] == column["kind"]) == (kind[0] != af.INT)


def test_r_a_name_with_a_nul_takes_no_hint_from_other_columns(tmp_path):
    said = {"columns": [{"name": name, "field_name": name, "numpy_type": dtype} for name, dtype in [("x\0", "Int8"), ("x", "Int64")]]}
    made = File([Field("x\0", int_type(8)), Field("x", int_type(64))], metadata={"pandas": json.dumps(said)})
    _, columns = dump(made.batch(numbers([1, None], "b"), numbers([2**63 - 1, None], "q")).bytes(), tmp_path)
    assert [(column["nullable"], column["values"]) for column in columns] == [(True, [1, None]), (True, [2**63 - 1, None])]


def test_b_whole_numbers_of_nullable_columns_stay_exact(tmp_path):
    values = [2**63 - 1, None, -2**63, 2**53 + 1]
    column = hinted(int_type(64), "Int64", numbers(values, "q"), tmp_path=tmp_path)
    assert column["values"] == values and column["inexact"] == 0


@pytest.mark.parametrize("dtype,kind,array", [
    ("Int64", int_type(32), numbers([1, None], "i")), ("Int64", DOUBLE, numbers([1, None], "d")),
    ("UInt8", int_type(8), numbers([1, None], "b")), ("string", BINARY, texts([b"a", None])),
    ("int64", int_type(64), numbers([1, None], "q")), ("object", UTF8, texts(["a", None])),
    ("str", UTF8, texts(["a", None])), ("boolean", int_type(8), numbers([1, None], "b")),
])
def test_b_metadata_that_do_not_fit_the_type_tell_nothing(dtype, kind, array, tmp_path):
    column = hinted(kind, dtype, array, tmp_path=tmp_path)
    assert "nullable" not in column and column["nulls"] == 1


@pytest.mark.parametrize("document", [
    "", "{", "[]", "null", "7", '{"columns": 7}', '{"columns": [7, null, [], {}]}', '{"columns": {"x": "Int64"}}',
    '{"columns": [{"field_name": 7, "numpy_type": "Int64"}]}', '{"columns": [{"field_name": "x", "numpy_type": 7}]}',
    '{"columns": [{"field_name": "x", "numpy_type": "Int64"}]} behind', "[" * 100000,
    '{"columns": [{"field_name": "x", "numpy_type": "Int64"}], "a": "' + "x" * 100000 + '"}',
])
def test_f_metadata_that_are_no_pandas_metadata_tell_nothing(document, tmp_path):
    column = hinted(int_type(64), None, numbers([1, None], "q"), tmp_path=tmp_path, document=document)
    assert column["kind"] == "double" and "nullable" not in column


def decimals(values, bits):
    """An array of coefficients; nulls hold bytes too."""
    raw = b"".join(b"\x5a" * (bits // 8) if v is None else v.to_bytes(bits // 8, "little", signed=True) for v in values)
    return Array(len(values), values.count(None), [bitmap([v is not None for v in values]), raw])


def gives_back(value, exact):
    """Whether as many digits of the double are those of the decimal."""
    digits = len(exact.normalize().as_tuple().digits)
    return decimal.Decimal(f"{value:.{digits - 1}e}") == exact


@pytest.mark.parametrize("compress", [None, af.with_zstd])
@pytest.mark.parametrize("bits,scale", [(32, 0), (32, 9), (64, 4), (64, 18), (128, 0), (128, 10), (128, 38), (128, -5),
                                        (128, 330), (128, -300)])
def test_b_decimals_become_the_nearest_double(bits, scale, compress, tmp_path):
    chance, edge = random.Random(bits + scale), 2**(bits - 1)
    values = [0, 1, -1, 7, 10**9, edge - 1, -edge, None, 2**30 + 1, 999999999, -123456700]
    values += [chance.randrange(-2**size, 2**size) for size in range(1, bits) for _ in range(3)]
    with decimal.localcontext() as context:
        context.prec = 60
        exact = [None if v is None else decimal.Decimal(v).scaleb(-scale) for v in values]
        expected = [None if v is None else float(v) for v in exact]
        lost = sum(v is not None and not gives_back(float(v), v) for v in exact)
    column = one(af.decimal_type(bits, scale), decimals(values, bits), tmp_path=tmp_path, compress=compress)
    assert (column["kind"], column["nulls"], column["inexact"]) == ("double", 1, lost)
    assert column["values"] == expected
    assert bits == 32 or lost > 0


@pytest.mark.parametrize("bits,scale", [(32, 0), (32, 9), (64, 4), (128, 0), (128, 38), (128, -5), (256, 0), (256, 76),
                                        (256, 12), (256, -300), (256, 1000)])
def test_b_decimals_become_exact_text_when_that_is_asked_for(bits, scale, tmp_path):
    """As Python's decimal.Decimal writes them; doubles of 256 bits are the nearest too."""
    chance, edge = random.Random(bits + scale), 2**(bits - 1)
    values = [0, 1, -1, 7, 10**9, edge - 1, -edge, None, 10**(bits // 4), -123456700, 5 * 10**8]
    values += [chance.randrange(-2**size, 2**size) for size in range(1, bits)]
    with decimal.localcontext() as context:
        context.prec, context.Emin = 90, -2000
        exact = [None if v is None else decimal.Decimal(v).scaleb(-scale) for v in values]
        kind, batch = af.decimal_type(bits, scale), decimals(values, bits)
        text = one(kind, batch, batch, tmp_path=tmp_path, options=("ns", "2", str(1 << 30), "text"), compress=af.with_zstd)
        assert (text["kind"], text["nulls"], text["inexact"]) == ("string", 2, 0)
        assert text["values"] == [None if v is None else str(v) for v in exact] * 2
        assert one(kind, batch, tmp_path=tmp_path)["values"] == [None if v is None else float(v) for v in exact]


def test_b_dictionary_of_decimals_as_text(tmp_path):
    words = [(decimals([150, None, -5, 150], 128), False)]
    column = one(af.decimal_type(128, 2), numbers([0, 1, 2, 3, None], "i"), tmp_path=tmp_path,
                 options=("ns", "2", str(1 << 30), "text"), dictionary=(1, None, False), before=words)
    assert column["dictionary"] == ["1.50", "-0.05"] and column["values"] == [0, -1, 1, 0, -1]


def test_l_texts_of_decimals_have_a_ceiling(tmp_path):
    said = one(af.decimal_type(128, 2), decimals([10**30] * 1000, 128), tmp_path=tmp_path, options=("ns", "2", "20000", "text"))
    assert said == "limit:output: a column has more than 20000 bytes of text"


@pytest.mark.parametrize("kind,code", [(DOUBLE, "d"), (SINGLE, "f")])
def test_b_floats_keep_their_bits_and_nulls_are_nan(kind, code, tmp_path):
    values = [1.5, None, float("nan"), float("-inf"), -0.0, 2.0**-149]
    column = one(kind, numbers(values, code), tmp_path=tmp_path, compress=af.with_zstd)
    assert list(map(repr, column["values"])) == ["1.5", "None", "None", "-inf", "-0.0", repr(2.0**-149)]
    assert column["nulls"] == 2


def test_b_halves_keep_their_bits_and_nulls_are_nan(tmp_path):
    values = [1.5, None, float("nan"), float("-inf"), -0.0, 2.0**-24, 65504.0]
    column = one(HALF, numbers(values, "e"), tmp_path=tmp_path, compress=af.with_zstd)
    assert (column["kind"], column["nulls"]) == ("halffloat", 2)
    assert list(map(repr, column["values"])) == ["1.5", "None", "None", "-inf", "-0.0", repr(2.0**-24), "65504"]


@pytest.mark.parametrize("said", [0, 3])
def test_b_nulls_have_no_buffers(said, tmp_path):
    made = File([Field("n", (af.NULL, {})), Field("x", int_type(8)), Field("m", (af.NULL, {}))])
    for rows in (3, 4):
        made.batch(Array(rows, said, []), numbers(range(rows), "b"), Array(rows, rows, []), compress=af.with_zstd)
    table, (first, ints, last) = dump(made.bytes(), tmp_path)
    assert ints["values"] == [0, 1, 2, 0, 1, 2, 3] and table["rows"] == 7
    assert all((c["kind"], c["nulls"], c["values"]) == ("null", 7, [None] * 7) for c in (first, last))


@pytest.mark.parametrize("garbage", [b"", b"\xff\xfe"])
@pytest.mark.parametrize("first", [0, 7])
@pytest.mark.parametrize("kind,code", [(UTF8, "i"), (LARGE, "q")])
@pytest.mark.parametrize("compress", [None, af.with_zstd])
def test_b_texts_begin_anywhere_and_bytes_below_nulls_vanish(compress, kind, code, first, garbage, tmp_path):
    array = texts(["ab", None, "", "€uro", None], code, first, garbage)
    column = one(kind, array, array, tmp_path=tmp_path, compress=compress)
    assert column["values"] == ["ab", None, "", "€uro", None] * 2


@pytest.mark.parametrize("threads", ["1", "2", "8"])
@pytest.mark.parametrize("kind,code", [(UTF8, "i"), (LARGE, "q")])
def test_b_bytes_behind_the_texts_of_a_batch_vanish(kind, code, threads, tmp_path):
    """Writers pad, with what stands there: the next texts, often. Batches of all sizes, some smaller than the padding."""
    dice, made, expected = random.Random(code), File([Field("x", kind)]), []
    for _ in range(150):
        values = dice.choice([[], [""], ["", None, ""], ["a"], ["é€"] * 3,
                              [f"{i}é" * 12 for i in range(dice.randrange(2500))]])
        array, pad = texts(values, code), dice.choice([0, 1, 7, 63, 64, 4000])
        made.batch(Array(array.length, array.nulls, [*array.buffers[:2], array.buffers[2] + b"\xff" * pad]),
                   compress=af.with_zstd)
        expected += values
    assert sum(len(value or "") for value in expected) > 1 << 20
    table, (column,) = dump(made.bytes(), tmp_path, "ns", threads)
    assert column["values"] == expected


@pytest.mark.parametrize("compress", [None, af.with_zstd])
def test_b_views_become_texts(compress, tmp_path):
    values = ["", "twelve bytes", "thirteen byte", None, "é" * 20, "x" * 1000]
    column = one(VIEW, views(values), views(values[::-1], blobs=1), views(["a"], blobs=0), tmp_path=tmp_path,
                 compress=compress)
    assert column["values"] == values + values[::-1] + ["a"] and column["kind"] == "string"


BYTES = [b"\xff\xfe", None, b"", b"\xed\xa0\x80 longer than a view", "é".encode()[:1], b"\0", None]


@pytest.mark.parametrize("kind,make", [
    (BINARY, lambda values: texts(values, "i", 3, b"??")),
    (LARGE_BINARY, lambda values: texts(values, "q")),
    (BINARY_VIEW, lambda values: views(values)),
])
@pytest.mark.parametrize("compress", [None, af.with_zstd])
def test_b_binary_is_any_bytes(compress, kind, make, tmp_path):
    column = one(kind, make(BYTES), make(BYTES[::-1]), make([b"x"]), tmp_path=tmp_path, compress=compress)
    assert column["kind"] == "binary" and column["nulls"] == 4
    assert column["values"] == [None if v is None else v.hex().upper() for v in [*BYTES, *BYTES[::-1], b"x"]]


def fixed(values, width):
    """A fixed-size binary array; nulls hold bytes too."""
    raw = b"".join(b"\x5a" * width if value is None else value for value in values)
    nulls = values.count(None)
    return Array(len(values), nulls, [bitmap([v is not None for v in values]) if nulls else b"", raw])


@pytest.mark.parametrize("compress", [None, af.with_zstd])
def test_b_fixed_size_binary_is_binary(compress, tmp_path):
    values = [b"\xff\xfe\0", None, b"abc", None, b"\0\0\0"]
    column = one(af.fixed_type(3), fixed(values, 3), fixed(values[::2], 3), tmp_path=tmp_path, compress=compress)
    assert column["kind"] == "binary" and column["nulls"] == 2
    assert column["values"] == [None if v is None else v.hex().upper() for v in values + values[::2]]
    column = one(af.fixed_type(1), numbers([0, 1, None], "b"), tmp_path=tmp_path, dictionary=(1, (8, True), False),
                 before=[(fixed([b"a", b"b"], 1), False)], compress=compress)
    assert column["dictionary"] == ["61", "62"] and column["dictionary_kind"] == "binary"


@pytest.mark.parametrize("kind,other", [(UTF8, BINARY), (VIEW, BINARY_VIEW)])
def test_f_columns_that_share_a_dictionary_agree_on_what_it_holds(kind, other, tmp_path):
    words = views([b"\xff"]) if kind is VIEW else texts([b"\xff"])
    made = File([Field("bytes", other, (1, None, False)), Field("words", kind, (1, None, False))])
    made.dictionary(1, words).batch(numbers([0], "i"), numbers([0], "i"))
    assert dump(made.bytes(), tmp_path) == (
        'bad_input: column "words": its dictionary 1 has values of another type in another column')


def test_b_times_become_nanoseconds_or_keep_their_unit(tmp_path):
    for unit, (word, scale) in enumerate([("s", 10**9), ("ms", 10**6), ("us", 10**3), ("ns", 1)]):
        array = numbers([3, None, -4], "q")
        kind = timestamp_type(unit, "Europe/Paris")
        column = one(kind, array, tmp_path=tmp_path)
        assert (column["values"], column["unit"]) == ([3 * scale, None, -4 * scale], "ns")
        assert column["zone"] == "Europe/Paris"
        column = one(kind, array, tmp_path=tmp_path, options=["units"])
        assert (column["values"], column["unit"]) == ([3, None, -4], word)
    column = one(DAYS, numbers([1, None], "i"), tmp_path=tmp_path, options=["units"])
    assert (column["values"], column["unit"]) == ([86400, None], "s")
    column = one(MILLIS, numbers([1, None], "q"), tmp_path=tmp_path, options=["units"])
    assert (column["values"], column["unit"]) == ([1, None], "ms")


def test_b_durations_become_nanoseconds_or_keep_their_unit(tmp_path):
    for unit, (word, scale) in enumerate([("s", 10**9), ("ms", 10**6), ("us", 10**3), ("ns", 1)]):
        array = numbers([3, None, -4], "q")
        column = one(af.duration_type(unit), array, tmp_path=tmp_path, compress=af.with_zstd)
        assert (column["kind"], column["values"], column["unit"]) == ("duration", [3 * scale, None, -4 * scale], "ns")
        column = one(af.duration_type(unit), array, tmp_path=tmp_path, options=["units"])
        assert (column["values"], column["unit"], column["nulls"]) == ([3, None, -4], word, 1)
    assert one((af.DURATION, {}), numbers([1], "q"), tmp_path=tmp_path, options=["units"])["unit"] == "ms"


@pytest.mark.parametrize("unit,bits,code,scale", [(0, 32, "i", 10**9), (1, 32, "i", 10**6), (2, 64, "q", 1000), (3, 64, "q", 1)])
def test_b_times_of_day_become_nanoseconds(unit, bits, code, scale, tmp_path):
    array = numbers([0, None, 86400 * 10**9 // scale - 1], code)
    for profile in ("ns", "units"):
        column = one(af.time_type(unit, bits), array, tmp_path=tmp_path, options=[profile], compress=af.with_zstd)
        assert (column["kind"], column["nulls"]) == ("time", 1)
        assert column["values"] == [0, None, 86400 * 10**9 - scale]


def test_b_smallest_timestamp_counts_as_missing(tmp_path):
    column = one(timestamp_type(3), numbers([-2**63, 5], "q"), tmp_path=tmp_path)
    assert column["values"] == [None, 5] and column["nulls"] == 1


@pytest.mark.parametrize("bits,signed,code", [(8, 1, "b"), (16, 1, "h"), (32, 1, "i"), (64, 1, "q"),
                                              (8, 0, "B"), (16, 0, "H"), (32, 0, "I"), (64, 0, "Q")])
def test_b_dictionaries_lose_nulls_and_repetitions(bits, signed, code, tmp_path):
    words = texts(["a", None, "b", "a", ""], garbage=b"??")
    column = one(UTF8, numbers([0, 1, 2, 3, 4, None], code), tmp_path=tmp_path, dictionary=(1, (bits, signed), True),
                 before=[(words, False)])
    assert column["dictionary"] == ["a", "b", ""] and column["ordered"]
    assert column["values"] == [0, -1, 1, 0, 2, -1] and column["dtype"] == "i1" and column["nulls"] == 2


@pytest.mark.parametrize("count,dtype", [(126, "i1"), (127, "i2"), (32766, "i2"), (32767, "i4")])
def test_b_codes_have_the_width_that_pandas_picks(count, dtype, tmp_path):
    column = one(int_type(64), numbers([0, count - 1], "i"), tmp_path=tmp_path, dictionary=(1, None, False),
                 before=[(numbers(range(count), "q"), False)], compress=af.with_zstd)
    assert column["dtype"] == dtype and column["values"] == [0, count - 1]
    assert column["dictionary"] == list(range(count)) and column["dictionary_kind"] == "int64"


@pytest.mark.parametrize("kind,array,expected", [
    (LARGE, texts(["x", "x"], "q"), ["x"]),
    (VIEW, views(["a view that is long", "b"]), ["a view that is long", "b"]),
    (BINARY, texts([b"\xff", None, b"\xff", b""]), ["FF", ""]),
    (BINARY_VIEW, views([b"\xff" * 13, b"\xff"]), ["FF" * 13, "FF"]),
    (int_type(8), numbers([1, None, 1], "b"), [1]),
    (DOUBLE, numbers([0.0, -0.0, float("nan"), 2.5], "d"), [0.0, 2.5]),
    (HALF, numbers([0.0, -0.0, float("nan"), 2.5, None], "e"), [0.0, 2.5]),
    (timestamp_type(0), numbers([1, None, 2], "q"), [10**9, 2 * 10**9]),
    (DAYS, numbers([1, 1], "i"), [86400 * 10**9]),
    (af.duration_type(0), numbers([1, None, 2, 1], "q"), [10**9, 2 * 10**9]),
    (af.time_type(0, 32), numbers([1, None, 2, 1], "i"), [10**9, 2 * 10**9]),
])
def test_b_dictionary_of_each_type(kind, array, expected, tmp_path):
    column = one(kind, numbers([0, 0], "i"), tmp_path=tmp_path, dictionary=(9, None, False), before=[(array, False)])
    assert column["dictionary"] == expected and column["values"] == [0, 0]


def test_b_dictionary_grows_by_deltas_and_may_be_shared_or_come_last(tmp_path):
    made = File([Field("x", UTF8, (7, (8, True), False)), Field("y", UTF8, (7, (16, False), True))])
    made.batch(numbers([0, 1, 2], "b"), numbers([3, 2, None], "H"))
    made.dictionary(7, texts(["a", "b"])).dictionary(7, texts(["b", "c"]), delta=True)
    table, (x, y) = dump(made.bytes(), tmp_path)
    assert table["arrays"] == 3 and x["array"] == y["array"] == 2
    assert x["dictionary"] == ["a", "b", "c"] and (x["ordered"], y["ordered"]) == (False, True)
    assert (x["values"], y["values"]) == ([0, 1, 1], [2, 1, -1])


def test_b_threads_change_nothing(tmp_path):
    count, made = 20000, File([Field(f"c{i}", kind) for i, kind in enumerate([DOUBLE, UTF8, int_type(8), VIEW])])
    for batch in range(5):
        made.batch(numbers([batch + i / 7 for i in range(count + 3)], "d"),
                   texts([str(i) if i % 3 else None for i in range(count + 3)]),
                   numbers([i % 100 if i % 5 else None for i in range(count + 3)], "b"),
                   views([str(i) * 4 for i in range(count + 3)]), compress=af.with_zstd)
    first, *others = [dump(made.bytes(), tmp_path, "ns", threads) for threads in ("1", "2", "8")]
    assert first[0]["rows"] == 5 * (count + 3) and all(other == first for other in others)


def test_b_table_without_rows_or_columns(tmp_path):
    assert dump(File([]).bytes(), tmp_path)[0]["columns"] == 0
    table, columns = dump(File([Field("x", UTF8), Field("c", UTF8, (1, None, False))]).bytes(), tmp_path)
    assert table["rows"] == 0 and [c["values"] for c in columns] == [[], []]
