# SPDX-License-Identifier: Apache-2.0
"""Random tables of pyarrow and polars through real jobs and back: no change but those that docs/types.md lists.

Many tables per job, so that an interpreter starts once for all; test_random_frames.py finds the smallest example of what
reader and writer do wrong. QUERN_EXAMPLES as there; a fifth of it tables here.
"""
import os

import polars as pl
import pyarrow as pa
import pyarrow.ipc as ipc
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

import meaning
import random_frames
from conftest import identity
from documented import assert_documented
from test_random_frames import POLARS, chosen, kinds_of, named, written

EXAMPLES = int(os.environ.get("QUERN_EXAMPLES", 100)) // 7
PROFILE = {1: "ns", 2: "units", 3: "units"}
collecting = settings(max_examples=EXAMPLES, deadline=None, derandomize="QUERN_EXAMPLES" not in os.environ, database=None,
                      phases=[Phase.generate], suppress_health_check=list(HealthCheck))


def drawn(strategy):
    """As many examples as one run of hypothesis makes."""
    found = []

    @collecting
    @given(strategy)
    def collect(made):
        found.append(made)

    collect()
    return found


@st.composite
def by_pyarrow(draw, kinds):
    """(the bytes of a file, names of the columns that are wanted or None)"""
    strange = draw(st.booleans())
    if strange:
        kinds = random_frames.weighted(kinds, kinds, st.sampled_from(list(random_frames.STRANGE)))
    schema, batches = draw(random_frames.batches(kinds))
    names = named(pa.Table.from_batches(batches, schema)).column_names
    schema = draw(random_frames.hints(pa.schema([field.with_name(name) for field, name in zip(schema, names)])))
    batches = [pa.RecordBatch.from_arrays(batch.columns, schema=schema) for batch in batches]
    raw = written(schema, batches, compression=draw(st.sampled_from([None, "zstd", "lz4"])))
    return raw, draw(wanted([field.name for field in schema if field.type not in random_frames.STRANGE], strange))


@st.composite
def wanted(draw, names, some):
    """Names in any order, at least one; or None for all, unless only some can be had."""
    assume(names or not some)
    if not names:
        return None
    return draw(st.permutations(names))[:draw(st.integers(1, len(names)))] if some or draw(st.booleans()) else None


@st.composite
def by_polars(draw, path):
    schema, batches = draw(random_frames.batches(POLARS))
    frame = pl.from_arrow(named(pa.Table.from_batches(batches, schema)), rechunk=False)
    frame.write_ipc(path, compression=draw(st.sampled_from(["zstd", "lz4", "uncompressed"])))
    return path.read_bytes(), draw(wanted(frame.columns, False))


def through_jobs(directory, files, pandas, decimals):
    """[(table before, table after)] of files of which each passes a job unchanged."""
    paths, columns = [directory / f"in{i}.arrow" for i in range(len(files))], [columns for _, columns in files]
    for path, (raw, _) in zip(paths, files):
        path.write_bytes(raw)
    returned = identity(directory / "jobs", paths, "--decimals", decimals, pandas=pandas, columns=columns)
    for path, names, back in zip(paths, columns, returned):
        before = ipc.open_file(path).read_all()
        yield before if names is None else chosen(before, names), ipc.open_file(back.path).read_all()


def microseconds(cells, kind):
    """Times of day as datetime.time has them."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return [("ns", cell[1] // 1000 * 1000) if cell else cell for cell in cells] if pa.types.is_time(kind) else cells


def distinct(words, kind):
    return list(dict.fromkeys(microseconds(words, kind)))


def assert_returned(before, after, pandas, decimals):
    after.validate(full=True)
    assert after.column_names == before.column_names
    hows = meaning.hows(before.schema, decimals)
    assert meaning.hows_told(after.schema) == [how if how == "nullable" else "" for how in hows]
    for old, new, how in zip(before.columns, after.columns, hows):
        if pa.types.is_dictionary(old.type):
            assert_dictionary_returned(old, new, how, pandas)
            continue
        cells = microseconds(meaning.cells(old, PROFILE[pandas], how), old.type)
        assert meaning.cells(new, PROFILE[pandas], how) == cells
        if how:
            assert new.type == meaning.kept_type(old.type, old, PROFILE[pandas], how)
        else:
            assert_documented(old, new, cells, None, pandas)


def assert_dictionary_returned(old, new, how, pandas):
    cells = microseconds(meaning.cells(old, PROFILE[pandas], how), old.type)
    words = distinct(meaning.categories(old, PROFILE[pandas], how), old.type)
    if how:
        assert new.type.value_type == pa.utf8() and new.type.ordered == old.type.ordered
    else:
        assert_documented(old, new, cells, words, pandas)
    assert meaning.equal_zeros(meaning.cells(new, PROFILE[pandas])) == meaning.equal_zeros(cells)
    assert meaning.categories(new, PROFILE[pandas]) == words or not new.num_chunks
    assert new.type.index_type == meaning.codes_type(len(words))


@pytest.mark.parametrize("pandas,decimals", [(1, "float"), (1, "text"), (2, "float"), (3, "text")])
def test_b_random_tables_of_pyarrow_come_back_from_jobs(pandas, decimals, tmp_path):
    for before, after in through_jobs(tmp_path, drawn(by_pyarrow(kinds_of[decimals])), pandas, decimals):
        assert_returned(before, after, pandas, decimals)


@pytest.mark.parametrize("pandas,decimals", [(1, "float"), (2, "text"), (3, "float")])
def test_b_random_tables_of_polars_come_back_from_jobs(pandas, decimals, tmp_path):
    for before, after in through_jobs(tmp_path, drawn(by_polars(tmp_path / "drawn.arrow")), pandas, decimals):
        assert_returned(before, after, pandas, decimals)
