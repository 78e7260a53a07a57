# SPDX-License-Identifier: Apache-2.0
"""A million rows of every type through `return dataframe1` under pandas 1.5, 2 and 3: values, missing ones, types.

And as many (in `./dev prove interop`; else a twentieth) of every dtype that a script makes itself.
"""
import itertools
import os

import numpy as np
import pyarrow as pa
import pyarrow.ipc as ipc
import pytest

import kinds
import meaning
import pandas_frames
from conftest import PYTHONS, made_by_script, run_in
from pandas_kinds import KINDS
from test_random_pandas import assert_stored
from test_values import NS, index_type, is_bytes, is_text, plain

ROWS = 1_000_000
MADE = ROWS if "QUERN_EXAMPLES" in os.environ else ROWS // 20
LONG = 100  # bytes: no cell of the million is longer
SCRIPT = "def azureml_main(dataframe1):\n    assert len(dataframe1) == 1_000_000\n    return dataframe1\n"


def few(kind, missing):
    """The distinct cells of a column, one of them missing if that is wanted."""
    values = [value for value in kind.values if not isinstance(value, (str, bytes)) or len(value) < LONG]
    if pa.types.is_dictionary(kind.type):
        words = pa.array([*values, kinds.unused(kind)], kind.type.value_type)
        codes = pa.array([*range(len(values)), *[None] * missing], kind.type.index_type)
        return pa.DictionaryArray.from_arrays(codes, words, ordered=kind.type.ordered)
    return pa.array([*values, *[None] * missing], kind.type)


@pytest.fixture(scope="module")
def columns():
    """{name: (distinct cells, which of them each row has)}"""
    random = np.random.default_rng(3)
    made = {}
    for kind, missing in itertools.product(kinds.KINDS, (False, True)):
        cells = few(kind, missing)
        made[f"{kind.name}{' missing' * missing}"] = cells, random.integers(0, len(cells), ROWS)
    return made


def taken(cells, rows):
    """pyarrow cannot take from views."""
    plainer = {pa.string_view(): pa.utf8(), pa.binary_view(): pa.binary()}.get(cells.type, cells.type)
    return cells.cast(plainer).take(pa.array(rows)).cast(cells.type)


@pytest.fixture(scope="module")
def file(columns, tmp_path_factory):
    path = tmp_path_factory.mktemp("million") / "million.arrow"
    table = pa.table({name: taken(cells, rows) for name, (cells, rows) in columns.items()})
    with ipc.new_file(path, table.schema, options=ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table, max_chunksize=300_000)
    return path


def type_back(kind, missing, pandas):
    """The documented type of what comes back (docs/types.md)."""
    if pa.types.is_integer(kind):
        return pa.float64() if missing else kind
    if pa.types.is_decimal(kind):
        return pa.float64()
    if pa.types.is_date(kind):
        return pa.timestamp("ns" if pandas == 1 else "s" if kind == pa.date32() else "ms")
    if pandas == 1 and pa.types.is_timestamp(kind):
        return pa.timestamp("ns", kind.tz)
    if pandas == 1 and pa.types.is_duration(kind):
        return pa.duration("ns")
    if pa.types.is_time(kind):
        return pa.time64("ns")
    if is_bytes(kind):
        return pa.binary()
    return pa.utf8() if is_text(kind) or pa.types.is_null(kind) else kind


def words_back(kind, pandas):
    """The type of categories: an Index of pandas 1.5 holds the widest numbers only, and none holds halves."""
    made = type_back(kind, False, pandas)
    return index_type(made) if pandas == 1 else pa.float32() if made == pa.float16() else made


def cells_back(cells, kind):
    """Those cells as an array of the type that comes back."""
    column = pa.chunked_array([cells])
    if pa.types.is_floating(kind) and not pa.types.is_floating(column.type):
        return pa.array([None if value is None else float(value) for value in column.to_pylist()], kind)
    if pa.types.is_temporal(kind):
        scale = NS[kind.unit]
        return pa.array([None if ns is None else ns // scale for ns in plain(column)], pa.int64()).cast(kind)
    return pa.array(column.to_pylist(), kind)


@pytest.fixture(scope="module", params=PYTHONS, ids=[f"pandas{version}" for version in PYTHONS])
def million(request, file, tmp_path_factory):
    """(pandas, the table that came back)"""
    done, out = run_in(PYTHONS[request.param], tmp_path_factory.mktemp("job"), SCRIPT, "--dataframe1", file, "--memory", "12G")
    assert done.returncode == 0, done.stderr
    return request.param, ipc.open_file(out / "dataset1.arrow").read_all()


def test_b_names_and_rows(million, columns):
    assert million[1].column_names == list(columns) and million[1].num_rows == ROWS


@pytest.mark.parametrize("missing", [False, True], ids=["whole", "missing"])
@pytest.mark.parametrize("kind", kinds.KINDS, ids=lambda kind: kind.name)
def test_b_every_type(million, columns, kind, missing):
    pandas, table = million
    name = f"{kind.name}{' missing' * missing}"
    cells, rows = columns[name]
    after = table[name]
    words = kind.type.value_type if pa.types.is_dictionary(kind.type) else None
    if words is None:
        assert after.type == type_back(kind.type, missing, pandas)
    else:
        assert after.type == pa.dictionary(pa.int8(), words_back(words, pandas), kind.type.ordered)
        assert all(plain(pa.chunked_array([chunk.dictionary])) == plain(pa.chunked_array([cells.dictionary]))
                   for chunk in after.chunks)
        after = after.cast(after.type.value_type)
    expected = cells_back(cells, after.type).take(pa.array(rows))
    assert after.null_count == expected.null_count
    assert after.equals(pa.chunked_array([expected]))


@pytest.fixture(scope="module", params=PYTHONS, ids=[f"pandas{version}" for version in PYTHONS])
def made(request, tmp_path_factory):
    """(pandas, the table that a job made of every dtype)"""
    done, out = made_by_script(tmp_path_factory.mktemp("made") / "job", request.param, rows=MADE)
    assert done.returncode == 0, done.stderr
    return request.param, ipc.open_file(out / "dataset1.arrow").read_all()


def bits(column):
    """NaN equals itself by its bits."""
    return column.view(pa.int64()) if column.type == pa.float64() else column


def test_b_every_dtype_that_scripts_make(made):
    pandas, table = made
    places = pa.array(pandas_frames.places(MADE))
    drawing, hows = pandas_frames.example(pandas_frames.REPEATED), meaning.hows_told(table.schema)
    assert table.column_names == list(KINDS) and table.num_rows == MADE
    for column, found, how in zip(drawing.columns, table.columns, hows):
        first = found.slice(0, pandas_frames.REPEATED)
        assert_stored(column, first, how, pandas)
        assert bits(found.combine_chunks()).equals(bits(first.combine_chunks()).take(places)), column.kind
