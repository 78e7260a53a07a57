# SPDX-License-Identifier: Apache-2.0
"""What the reader makes of files that no golden file shows: features of other writers, and hostile bytes."""
import decimal
import json
import random
import struct

import pytest

import arrow_file as af
from arrow_file import Array, Field, File, Scalar, bitmap, int_type, numbers, texts, timestamp_type, views
from remedies import REMEDIES
from segments import FIXTURES, dump, dump_many

UTF8, LARGE, VIEW = (af.UTF8, {}), (af.LARGE_UTF8, {}), (af.UTF8_VIEW, {})
BINARY, LARGE_BINARY, BINARY_VIEW = (af.BINARY, {}), (af.LARGE_BINARY, {}), (af.BINARY_VIEW, {})
DOUBLE, SINGLE = (af.FLOAT, {0: Scalar("h", 2)}), (af.FLOAT, {0: Scalar("h", 1)})
HALF = (af.FLOAT, {})
DAYS, MILLIS = (af.DATE, {0: Scalar("h", 0)}), (af.DATE, {})
CORPUS = FIXTURES.parent / "fuzz" / "corpus" / "arrow"


def one(kind, *batches, tmp_path, options=(), dictionary=None, before=(), compress=None):
    """The dump of a file with the column "x"; `before`: dictionary batches as (array, delta)."""
    made = File([Field("x", kind, dictionary)])
    for array, delta in before:
        made.dictionary(dictionary[0], array, compress, delta)
    for array in batches:
        made.batch(array, compress=compress)
    said = dump(made.bytes(), tmp_path, *options)
    return said if isinstance(said, str) else said[1][0]


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


def hinted(kind, dtype, *batches, tmp_path, document=None):
    """The dump of a column "x" whose pandas metadata say `dtype`; `document`: other JSON than that."""
    said = json.dumps({"columns": [{"name": "y", "field_name": "y", "numpy_type": "Int8"},
                                   {"name": "x", "field_name": "x", "pandas_type": "?", "numpy_type": dtype}]})
    made = File([Field("x", kind)], metadata={"other": "{", "pandas": said if document is None else document})
    for array in batches:
        made.batch(array)
    return dump(made.bytes(), tmp_path)[1][0]


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


# ---- how much memory ----

def within(made, memory, tmp_path):
    return dump(made.bytes(), tmp_path, "ns", "2", str(1 << 50), "float", "*", str(memory))


@pytest.mark.parametrize("kind,array,needed", [  # what becomes wider is counted as it will be
    (int_type(8), numbers([1] * 999 + [None], "b"), 8000), ((af.BOOL, {}), Array(1000, 0, [b"", bytes(125)]), 1000),
    (DAYS, numbers([1] * 1000, "i"), 8000), (UTF8, texts(["ab"] * 1000), 2000 + 8008)])
def test_l_memory_is_known_before_it_is_taken(kind, array, needed, tmp_path):
    made = File([Field("x", kind)]).batch(array, compress=af.with_zstd)
    table, _ = within(made, needed + 400, tmp_path)
    assert needed < table["bytes"] <= needed + 400
    assert within(made, table["bytes"], tmp_path)[0] == table
    said = within(made, table["bytes"] - 1, tmp_path)
    assert said == (f"limit:memory: the dataset needs {table['bytes']} bytes of memory, "
                    f"this host has {table['bytes'] - 1} available")


def test_l_values_of_dictionaries_count_before_they_are_decoded(tmp_path):
    """Declared sizes: nothing stands behind them."""
    made = File([Field("x", int_type(64), (1, None, False))])
    made.dictionary(1, Array(1 << 30, 0, [b"", b"x"]), lambda raw: af.promise(8 << 30)).batch(numbers([0], "i"))
    assert within(made, 10**9, tmp_path) == (
        f"limit:memory: the dictionaries of the dataset need {12 << 30} bytes of memory, this host has 999999999 available")


def test_l_a_bomb_is_refused_by_what_it_declares(tmp_path):
    made = File([Field("x", int_type(64))]).batch(Array(1 << 30, 0, [b"", b"x"]), compress=lambda raw: af.promise(8 << 30))
    assert within(made, 10**9, tmp_path) == (
        f"limit:memory: the dataset needs {8 << 30} bytes of memory, this host has 1000000000 available")


# ---- texts that repeat themselves ----

WORDS_FEW = ["", "a", "größe", None, "x" * 40, "twelve bytes", "thirteen byte", "a"]


def shared(made, tmp_path, threads="2"):
    """As a script's input is decoded."""
    return dump(made.bytes(), tmp_path, "ns", threads, str(1 << 30), "float", "*", str(1 << 30), "share")


def cells_of(column):
    return [None if code == -1 else column["dictionary"][code] for code in column["values"]]


def as_texts(kind, values):
    return views(values) if kind == VIEW else texts(values, "q" if kind == LARGE else "i", first=3, garbage=b"\xff\xfe")


@pytest.mark.parametrize("compress", [None, af.with_zstd, af.with_lz4])
@pytest.mark.parametrize("kind", [UTF8, LARGE, VIEW])
def test_b_texts_that_repeat_themselves_become_codes(kind, compress, tmp_path):
    chance = random.Random(7)
    batches = [[chance.choice(WORDS_FEW) for _ in range(rows)] for rows in (0, 3000, 1, 700, 12000)]
    made, codec = File([Field("s", kind), Field("i", int_type(8))]), 0 if compress is af.with_lz4 else 1
    for values in batches:
        made.batch(as_texts(kind, values), numbers([1] * len(values), "b"), compress=compress, codec=codec)
    values = sum(batches, [])
    table, (column, _) = shared(made, tmp_path)
    assert column["cells"] and column["kind"] == "dictionary" and table["arrays"] == 3
    assert cells_of(column) == values and column["nulls"] == values.count(None)
    assert column["dictionary"] == list(dict.fromkeys(value for value in values if value is not None))
    assert (column["treatment"], column["why"]) == ("materialised", "few distinct texts: the rows share their objects")
    assert table["bytes"] < dump(made.bytes(), tmp_path)[0]["bytes"] / 3
    assert all(shared(made, tmp_path, threads)[1][0] == column for threads in ("1", "8"))


@pytest.mark.parametrize("count,dtype", [(126, "i1"), (127, "i2"), (2048, "i2")])
def test_b_codes_have_the_least_width(count, dtype, tmp_path):
    values = [f"word {i}" for i in range(count)] * 20
    column = shared(File([Field("s", UTF8)]).batch(texts(values)), tmp_path)[1][0]
    assert column["dtype"] == dtype and cells_of(column) == values


LATE = ["a"] * 9000 + [f"late {i}" for i in range(3000)]
PLAIN = {  # what does not repeat itself enough, from the beginning or later
    "few rows": [["a"] * 1023], "unique": [[f"row {i}" for i in range(5000)]], "unique later": [LATE],
    "unique in later batches": [["a"] * 2000, [f"row {i}" for i in range(2100)]],
    "too many together": [[f"{batch} {i}" for i in range(500)] * 10 for batch in range(5)],
    "long ones": [[str(i) * 2000 for i in range(200)] * 10], "missing ones": [[None] * 1000],
}


@pytest.mark.parametrize("kind", [UTF8, VIEW])
@pytest.mark.parametrize("what", PLAIN)
def test_b_other_texts_stay_as_they_are(what, kind, tmp_path):
    made = File([Field("s", kind)])
    for values in PLAIN[what]:
        made.batch(as_texts(kind, values), compress=af.with_zstd)
    table, columns = shared(made, tmp_path)
    assert (table, columns) == dump(made.bytes(), tmp_path) and columns[0]["values"] == sum(PLAIN[what], [])


def test_b_all_missing_are_shared_too(tmp_path):
    column = shared(File([Field("s", UTF8)]).batch(texts([None] * 2000)), tmp_path)[1][0]
    assert column["cells"] and column["dictionary"] == [] and column["nulls"] == 2000


def test_b_binary_and_small_columns_beside_shared_ones(tmp_path):
    made = File([Field("b", BINARY), Field("s", UTF8), Field("d", UTF8, (1, (8, True), True)), Field("t", UTF8)])
    made.dictionary(1, texts(["lo", "hi"]))
    made.batch(texts([b"x"] * 2000), texts(["a", "b"] * 1000), numbers([1, 0] * 1000, "b"), texts(["c"] * 2000))
    table, (raw, first, codes, second) = shared(made, tmp_path)
    assert table["arrays"] == 7 and raw["kind"] == "binary" and "cells" not in codes and codes["ordered"]
    assert cells_of(first) == ["a", "b"] * 1000 and cells_of(second) == ["c"] * 2000 and cells_of(codes) == ["hi", "lo"] * 1000


def test_b_nullable_texts_are_shared_too(tmp_path):
    said = json.dumps({"columns": [{"field_name": "x", "numpy_type": "string"}]})
    made = File([Field("x", UTF8)], metadata={"pandas": said}).batch(texts(["a", None] * 1000))
    column = shared(made, tmp_path)[1][0]
    assert column["cells"] and column["nullable"] and cells_of(column) == ["a", None] * 1000


@pytest.mark.parametrize("damage,message", [
    (b"\xff", "row 2000 is not UTF-8"), (b"\xc3", "row 2000 is not UTF-8")])
def test_f_shared_texts_are_checked(damage, message, tmp_path):
    made = File([Field("x", UTF8)]).batch(texts(["a"] * 2000 + [damage, damage]))
    assert shared(made, tmp_path) == f'bad_input: column "x": {message}'


@pytest.mark.parametrize("row", [1500, 1998])
@pytest.mark.parametrize("beyond", [2000, 10**6, 2**31 - 1])
@pytest.mark.parametrize("compress", [None, af.with_zstd])
def test_f_offsets_of_shared_texts_are_checked(row, beyond, compress, tmp_path):
    offsets = list(range(2001))
    offsets[row] = beyond
    made = File([Field("x", UTF8)])
    made.batch(Array(2000, 0, [b"", struct.pack("<2001i", *offsets), b"a" * 2000]), compress=compress)
    expected = f"the offset falls at row {row}, from {beyond} to {row + 1}"
    assert shared(made, tmp_path) == f'bad_input: column "x": {expected}'


# ---- what becomes of a column ----

CODES = {"dictionary": (1, (8, True), False)}
TREATMENTS = {  # what: (type, array, options, treatment, beginning of why, bytes)
    "integers": (int_type(32), numbers([1, 2], "i"), {}, "zero_copy", "pandas holds these values as they are", 8),
    "integers, one missing": (int_type(8), numbers([1, None], "b"), {}, "converted", "integers with missing", 16),
    "doubles": (DOUBLE, numbers([1, None], "d"), {}, "zero_copy", "pandas holds these values as they are; NaN", 16),
    "bools": ((af.BOOL, {}), Array(2, 0, [b"", b"\1"]), {}, "expanded", "pandas holds bools as bytes", 2),
    "bools, one missing": ((af.BOOL, {}), Array(2, 1, [b"\1", b"\1"]), {}, "materialised", "bools of which some", 2),
    "ns": (timestamp_type(3), numbers([1, 2], "q"), {}, "zero_copy", "pandas holds these values as they are", 16),
    "us": (timestamp_type(2), numbers([1, 2], "q"), {}, "converted", "times get the unit", 16),
    "us for pandas 2": (timestamp_type(2), numbers([1, 2], "q"), {"options": ("units",)}, "zero_copy", "pandas holds", 16),
    "duration": (af.duration_type(0), numbers([1, 2], "q"), {}, "converted", "times get the unit", 16),
    "dates": (DAYS, numbers([1, 2], "i"), {}, "converted", "dates become times at midnight", 16),
    "texts": (UTF8, texts(["ab", None]), {}, "materialised", "a str in every row", 27),
    "bytes": (BINARY, texts([b"ab", b"c"]), {}, "materialised", "a bytes object in every row", 27),
    "times of day": (af.time_type(0, 32), numbers([1, 2], "i"), {}, "materialised", "a datetime.time in every row", 16),
    "nulls": ((af.NULL, {}), Array(2, 2, []), {}, "materialised", "None in every row", 0),
    "decimals": (af.decimal_type(128, 0), Array(1, 0, [b"", bytes(16)]), {}, "converted", "decimals become the nearest", 8),
    "decimals as text": (af.decimal_type(128, 0), Array(1, 0, [b"", bytes(16)]),
                         {"options": ("ns", "1", "1000000", "text")}, "materialised", "decimals as text", 17),
    "codes": (UTF8, numbers([0, 1], "b"), {**CODES, "before": [(texts(["a", "b"]), False)]}, "zero_copy", "the indices have", 28),
    "wide codes": (UTF8, numbers([0, 1], "i"), {"dictionary": (1, None, False), "before": [(texts(["a", "b"]), False)]},
                   "expanded", "the indices get the width", 28),
    "codes of values that repeat": (UTF8, numbers([0, 1], "b"), {**CODES, "before": [(texts(["a", "a"]), False)]},
                                    "converted", "the values are made distinct", 19),
}


@pytest.mark.parametrize("what", TREATMENTS)
def test_m_what_became_of_a_column_is_told_with_why(what, tmp_path):
    kind, array, more, treatment, why, count = TREATMENTS[what]
    column = one(kind, array, tmp_path=tmp_path, **more)
    assert (column["treatment"], column["why"][:len(why)], column["bytes"]) == (treatment, why, count)


def test_m_nullable_columns_are_expanded_by_their_mask(tmp_path):
    column = hinted(int_type(64), "Int64", numbers([1, None], "q"), tmp_path=tmp_path)
    assert (column["treatment"], column["bytes"]) == ("expanded", 18) and column["why"].startswith("a nullable type")
    assert hinted(int_type(64), "Int64", numbers([1], "q"), tmp_path=tmp_path)["treatment"] == "zero_copy"


def test_m_a_dictionary_counts_for_the_first_column_that_has_it(tmp_path):
    made = File([Field(name, UTF8, (1, (8, True), False)) for name in "ab"]).dictionary(1, texts(["word"]))
    _, columns = dump(made.batch(numbers([0], "b"), numbers([0], "b")).bytes(), tmp_path)
    assert [column["bytes"] for column in columns] == [1 + 16 + 4, 1]


# ---- some of the columns ----

LEAF = (Field("leaf", int_type(8)), numbers([1, 2], "b"))
STRANGE = {  # name: (field, arrays in the order of the batch)
    "list": (Field("n", (12, {}), children=[LEAF[0]]), [Array(2, 0, [b"", struct.pack("<3i", 0, 1, 2)]), LEAF[1]]),
    "struct of structs": (Field("n", (13, {}), children=[Field("in", (13, {}), children=[LEAF[0], LEAF[0]])]),
                          [Array(2, 0, [b""]), Array(2, 0, [b""]), LEAF[1], LEAF[1]]),
    "sparse union": (Field("n", (14, {}), children=[LEAF[0]]), [Array(2, 0, [b"\0\0"]), LEAF[1]]),
    "dense union": (Field("n", (14, {0: Scalar("h", 1)}), children=[LEAF[0]]),
                    [Array(2, 0, [b"\0\0", struct.pack("<2i", 0, 1)]), LEAF[1]]),
    "fixed-size list": (Field("n", (16, {0: Scalar("i", 1)}), children=[LEAF[0]]), [Array(2, 0, [b""]), LEAF[1]]),
    "run-end encoded": (Field("n", (22, {}), children=[LEAF[0], LEAF[0]]), [Array(2, 0, []), LEAF[1], LEAF[1]]),
    "list view": (Field("n", (25, {}), children=[LEAF[0]]), [Array(2, 0, [b"", bytes(8), bytes(8)]), LEAF[1]]),
    "null": (Field("n", (af.NULL, {})), [Array(2, 2, [])]),
    "views": (Field("n", VIEW), [views(["a text that is no inline one", "b"], blobs=3)]),
    "list of views": (Field("n", (12, {}), children=[Field("leaf", VIEW)]),
                      [Array(2, 0, [b"", struct.pack("<3i", 0, 1, 2)]), views(["long enough for a buffer", "b"])]),
    "interval": (Field("n", (11, {})), [Array(2, 0, [b"", bytes(32)])]),
    "dictionary": (Field("n", UTF8, (9, None, False)), [numbers([0, 0], "i")]),
    "texts that are none": (Field("n", UTF8), [texts([b"\xff", b"\xfe"])]),
}


def some(made, columns, tmp_path):
    return dump(made.bytes(), tmp_path, "ns", "2", str(1 << 30), "float", "\n".join(columns))


@pytest.mark.parametrize("name", STRANGE)
def test_b_columns_that_are_not_wanted_may_be_of_any_type(name, tmp_path):
    field, arrays = STRANGE[name]
    made = File([Field("a", int_type(32)), field, Field("b", UTF8)])
    if name == "dictionary":
        made.dictionary(9, texts(["word"]))
    for batch in range(2):
        made.batch(numbers([batch, None], "i"), *arrays, texts(["x", f"y{batch}"]), compress=af.with_zstd)
    table, columns = some(made, ["b", "a"], tmp_path)
    assert (table["rows"], table["columns"], table["arrays"]) == (4, 2, 2)
    assert [column["name"] for column in columns] == ["b", "a"]
    assert columns[0]["values"] == ["x", "y0", "x", "y1"] and columns[1]["values"] == [0.0, None, 1.0, None]


def test_b_a_name_that_several_columns_have_means_all_of_them(tmp_path):
    made = File([Field(name, int_type(8)) for name in ("a", "b", "a", "")]).batch(*(numbers([i], "b") for i in range(4)))
    _, columns = some(made, ["", "a"], tmp_path)
    assert [(column["name"], column["values"]) for column in columns] == [("", [3]), ("a", [0]), ("a", [2])]


def test_b_dictionaries_of_columns_that_are_not_wanted_are_not_read(tmp_path):
    made = File([Field("a", UTF8, (1, None, False)), Field("b", UTF8, (2, None, False)), Field("c", UTF8, (2, None, False))])
    made.dictionary(1, texts([b"\xff"])).dictionary(2, texts(["v", "w"]))
    made.batch(numbers([0], "i"), numbers([0], "i"), numbers([1], "i"))
    table, columns = some(made, ["c"], tmp_path)
    assert table["arrays"] == 2 and columns[0]["dictionary"] == ["v", "w"] and columns[0]["values"] == [1]


def test_m_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path):
    made = File([Field(name, int_type(8)) for name in ("a", "größe", 'q"')]).batch(*(numbers([1], "b") for _ in range(3)))
    said = 'bad_input: there is no column "%s"; the columns are "a", "größe", "q\\""'
    assert some(made, ["a", "x", "y"], tmp_path) == (said % "x").replace("\\", "")
    wide = File([Field(f"column {i}", int_type(8)) for i in range(500)])
    first = ", ".join(f'"column {i}"' for i in range(41))
    assert some(wide, ["none"], tmp_path) == f'bad_input: there is no column "none"; the columns are {first} and 459 more'
    assert some(File([]), ["none"], tmp_path) == 'bad_input: there is no column "none", nor any other'
    assert some(made, ["a", "a"], tmp_path) == 'bad_input: column "a" was asked for twice'


def test_f_batches_that_are_shorter_than_their_schema_are_refused(tmp_path):
    fields = [Field("n", (12, {}), children=[LEAF[0]]), Field("a", int_type(8))]
    made = File(fields).batch(Array(1, 0, [b"", bytes(8)]), Array(0, 0, [b"", b""]), Array(1, 0, [b""]))
    assert some(made, ["a"], tmp_path) == 'bad_input: column "a": its buffers are missing: the batch has 5'
    made = File(fields[:1] * 2 + fields[1:]).batch(*[Array(1, 0, [])] * 4, numbers([1], "b"))
    assert some(made, ["a"], tmp_path) == "bad_input: a batch of 5 columns with 2 buffers has fewer than its schema"
    made = File([Field("v", VIEW), fields[1]]).batch(Array(1, 0, [b"", bytes(16)], 2**63 - 1), numbers([1], "b"))
    assert some(made, ["a"], tmp_path) == "bad_input: a batch of 2 columns with 4 buffers has fewer than its schema"


def test_f_schemas_that_are_too_deep_or_of_unknown_types_are_refused(tmp_path):
    deep = LEAF[0]
    for _ in range(70):
        deep = Field("n", (13, {}), children=[deep])
    said = some(File([deep, Field("a", int_type(8))]), ["a"], tmp_path)
    assert said == "limit:output: the schema has more than 1000000 fields, or 64 in each other"
    said = some(File([Field("n", (99, {})), Field("a", int_type(8))]), ["a"], tmp_path)
    assert said == "bad_input: Arrow type 99 is unknown"


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
