# SPDX-License-Identifier: Apache-2.0
"""Texts that repeat themselves become codes when that is asked for; all others stay as they are."""
import json
import random
import struct

import pytest

import arrow_file as af
from arrow_columns import BINARY, LARGE, UTF8, VIEW
from arrow_file import Array, Field, File, int_type, numbers, texts, views
from segments import dump

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
    "long ones": [[str(i) * 2000 for i in range(200)] * 6], "missing ones": [[None] * 1000],
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
