# SPDX-License-Identifier: Apache-2.0
"""What a column costs and what becomes of it: told before memory is taken, and with the reason."""
import pytest

import arrow_file as af
from arrow_columns import BINARY, DAYS, DOUBLE, UTF8, hinted, one
from arrow_file import Array, Field, File, int_type, numbers, texts, timestamp_type
from segments import dump

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
