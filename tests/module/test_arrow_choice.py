# SPDX-License-Identifier: Apache-2.0
"""Some of the columns: the others may be of any type, and are not read."""
import json
import struct

import pytest

import arrow_file as af
from arrow_columns import UTF8, VIEW
from arrow_file import Array, Field, File, Scalar, int_type, numbers, texts, views
from segments import dump

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


@pytest.mark.parametrize("name", ["sparse union", "dense union", "run-end encoded"])
def test_r_every_type_of_old_files_has_a_buffer_of_validity(name, tmp_path):
    """Of metadata version 4, as pyarrow writes it on request."""
    field, (whole, *leaves) = STRANGE[name]
    made = File([Field("a", int_type(32)), field, Field("b", UTF8)], version=af.V4)
    made.batch(numbers([7, None], "i"), Array(2, 0, [b"", *whole.buffers]), *leaves, texts(["x", "y"]))
    assert [column["values"] for column in some(made, ["b", "a"], tmp_path)[1]] == [["x", "y"], [7.0, None]]


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


def test_r_hints_of_one_column_of_many(tmp_path):
    """They stand in one document, whatever the number of columns that are wanted."""
    names = [f"column {i}" for i in range(1000)]
    said = {"columns": [{"name": name, "field_name": name, "pandas_type": "Int64", "numpy_type": "Int64", "metadata": None}
                        for name in names]}
    made = File([Field(name, int_type(64)) for name in names], metadata={"pandas": json.dumps(said)})
    made.batch(*[numbers([2**63 - 1, None], "q")] * len(names))
    _, columns = some(made, ["column 7"], tmp_path)
    assert columns[0]["nullable"] and columns[0]["values"] == [2**63 - 1, None]
