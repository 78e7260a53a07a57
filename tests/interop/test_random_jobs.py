# SPDX-License-Identifier: Apache-2.0
"""Random tables of pyarrow and polars through real jobs and back: no change but those that docs/types.md lists.

Many tables per job, so that an interpreter starts once for all; test_random_frames.py finds the smallest example of what
reader and writer do wrong. QUERN_EXAMPLES as there; a fifth of it tables here.
"""
import os

import polars as pl
import pyarrow as pa
import pyarrow.ipc as ipc
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import meaning
import random_frames
from conftest import identity
from documented import assert_documented
from test_random_frames import POLARS, named, written

EXAMPLES = int(os.environ.get("QUERN_EXAMPLES", 100)) // 5
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
def by_pyarrow(draw):
    """(names, the bytes of a file)"""
    schema, batches = draw(random_frames.batches())
    table = named(pa.Table.from_batches(batches, schema))
    names = pa.schema([field.with_name(name) for field, name in zip(schema, table.column_names)])
    batches = [pa.RecordBatch.from_arrays(batch.columns, schema=names) for batch in batches]
    return written(names, batches, compression=draw(st.sampled_from([None, "zstd", "lz4"])))


@st.composite
def by_polars(draw, path):
    schema, batches = draw(random_frames.batches(POLARS))
    frame = pl.from_arrow(named(pa.Table.from_batches(batches, schema)), rechunk=False)
    frame.write_ipc(path, compression=draw(st.sampled_from(["zstd", "lz4", "uncompressed"])))
    return path.read_bytes()


def through_jobs(directory, files):
    """[(table before, table after)] of files of which each passes a job unchanged."""
    paths = [directory / f"in{i}.arrow" for i in range(len(files))]
    for path, raw in zip(paths, files):
        path.write_bytes(raw)
    for path, back in zip(paths, identity(directory / "jobs", paths)):
        yield ipc.open_file(path).read_all(), ipc.open_file(back.path).read_all()


def microseconds(cells, kind):
    """Times of day as datetime.time has them."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return [("ns", cell[1] // 1000 * 1000) if cell else cell for cell in cells] if pa.types.is_time(kind) else cells


def distinct(words, kind):
    return list(dict.fromkeys(microseconds(words, kind)))


def assert_returned(before, after):
    after.validate(full=True)
    assert after.column_names == before.column_names
    for old, new in zip(before.columns, after.columns):
        cells = microseconds(meaning.cells(old, "ns"), old.type)
        words = distinct(meaning.categories(old, "ns"), old.type) if pa.types.is_dictionary(old.type) else None
        assert_documented(old, new, cells, words)
        if words is None:
            assert meaning.cells(new, "ns") == cells
            continue
        assert meaning.equal_zeros(meaning.cells(new, "ns")) == meaning.equal_zeros(cells)
        assert meaning.categories(new, "ns") == words or not new.num_chunks
        assert new.type.index_type == meaning.codes_type(len(words))


def test_b_random_tables_of_pyarrow_come_back_from_jobs(tmp_path):
    for before, after in through_jobs(tmp_path, drawn(by_pyarrow())):
        assert_returned(before, after)


def test_b_random_tables_of_polars_come_back_from_jobs(tmp_path):
    for before, after in through_jobs(tmp_path, drawn(by_polars(tmp_path / "drawn.arrow"))):
        assert_returned(before, after)
