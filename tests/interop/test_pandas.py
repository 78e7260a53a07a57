# SPDX-License-Identifier: Apache-2.0
"""pd.read_feather(result) gives the dtypes that the script's frame had: pandas 1.5 in the job, a later one here."""
import pandas as pd
import pyarrow as pa
import pytest

import kinds
from conftest import CODECS, identity


def dtype_back(seen, arrow):
    """The dtype that read_feather() owes for what the script saw; text is `str` since pandas 3."""
    if seen["dtype"] != "object":
        return seen["dtype"]
    return "str" if arrow == pa.utf8() else "object"


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("pattern", kinds.PATTERNS)
def test_m_dtypes_of_every_type_come_back(pattern, codec, returned):
    _, back = returned[pattern, codec, "pyarrow"]
    frame, schema = pd.read_feather(back.path), pa.ipc.open_file(back.path).schema
    assert isinstance(frame.index, pd.RangeIndex) and len(frame) == kinds.PATTERNS[pattern][0]
    found = {name: str(frame[name].dtype) for name in frame}
    assert found == {field.name: dtype_back(seen, field.type) for field, seen in zip(schema, back.seen)}
    for name, seen in zip(frame, back.seen):
        if seen["dtype"] == "category":
            assert frame[name].cat.ordered == seen["ordered"]
            assert same_categories(str(frame[name].cat.categories.dtype), seen["categories"]), name


def same_categories(found, seen):
    return found == seen or (seen == "object" and found in ("str", "object"))


@pytest.mark.parametrize("missing,dtype", [(False, "bool"), (True, "object")])
def test_m_bools_with_missing_ones_are_objects(missing, dtype, roundtrip):
    back, = roundtrip(pa.table({"b": [True, False, None if missing else True]}))
    assert back.seen[0]["dtype"] == dtype
    column = pd.read_feather(back.path)["b"]
    assert str(column.dtype) == dtype
    assert column.tolist() == [True, False, None if missing else True]


def test_m_a_frame_of_pandas_returns_as_it_was(tmp_path_factory, roundtrip):
    """Written by to_feather() with pandas' own metadata, numbers to categories; index names and attrs are not data."""
    frame = pd.DataFrame({
        "i": pd.Series([1, -2, 3], dtype="int16"),
        "u": pd.Series([2**64 - 1, 0, 1], dtype="uint64"),
        "f": pd.Series([0.5, None, -0.0], dtype="float32"),
        "d": [1.5, float("inf"), None],
        "b": [True, False, True],
        "s": ["a", "größe", ""],
        "ordered": pd.Categorical(["lo", None, "hi"], categories=["lo", "mid", "hi"], ordered=True),
        "plain": pd.Categorical([3, 1, 3]),
        "t": pd.Series(["2024-02-29 12:00:00.123456789", None, "1677-09-21 00:12:44"], dtype="datetime64[ns]"),
        "z": pd.Series(["2024-03-31 00:59:59", "2024-03-31 01:00:00", None], dtype="datetime64[ns, UTC]").dt.tz_convert(
            "Europe/Berlin"),
    })
    path = tmp_path_factory.mktemp("feather") / "frame.feather"
    frame.to_feather(path, compression="zstd")
    back, = roundtrip(pa.ipc.open_file(path).read_all())
    pd.testing.assert_frame_equal(pd.read_feather(back.path), frame)


@pytest.mark.parametrize("missing", [(), (1,), (0, 1, 2)])
def test_m_nullable_columns_return_as_they_were(missing, tmp_path):
    """By the metadata that pandas writes: whole numbers beyond 2^53 beside missing ones stay exact."""
    frame = pd.DataFrame({
        dtype: pd.array([None if i in missing else cell for i, cell in enumerate(cells)], dtype)
        for dtype, cells in kinds.NULLABLES.items()})
    frame.to_feather(tmp_path / "frame.feather", compression="zstd")
    back, = identity(tmp_path / "jobs", [tmp_path / "frame.feather"])
    assert [seen["dtype"] for seen in back.seen] == list(kinds.NULLABLES)
    assert back.warnings == []
    pd.testing.assert_frame_equal(pd.read_feather(back.path), frame)
