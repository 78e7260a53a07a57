# SPDX-License-Identifier: Apache-2.0
"""Random tables through reader and writer in C: what they mean stays, types change only as they should.

By hypothesis; QUERN_EXAMPLES (default 150) tables per test, the same ones every time unless it is given.
"""
import io
import os

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.ipc as ipc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import meaning
import random_frames
from pipe import Pipe

EXAMPLES = int(os.environ.get("QUERN_EXAMPLES", 150))
thorough = settings(max_examples=EXAMPLES, deadline=None, derandomize="QUERN_EXAMPLES" not in os.environ, database=None,
                    print_blob=True, suppress_health_check=list(HealthCheck))
profiles, codecs = st.sampled_from(["ns", "units"]), st.sampled_from([None, "zstd", "lz4"])


@pytest.fixture(scope="module")
def pipe(tmp_path_factory):
    opened = Pipe(tmp_path_factory.mktemp("pipe") / "stderr")
    yield opened
    opened.close()


def written(schema, batches, **options):
    """The bytes of a file with those batches; a dictionary that grows is written as deltas."""
    sink = io.BytesIO()
    with ipc.new_file(sink, schema, options=ipc.IpcWriteOptions(emit_dictionary_deltas=True, **options)) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return sink.getvalue()


def read(raw):
    return ipc.open_file(pa.BufferReader(raw)).read_all()


def assert_kept(before, after, profile):
    """Names, values, missing ones, types, categories and zones of two tables; meaning.py knows what a segment changes."""
    after.validate(full=True)
    assert after.column_names == before.column_names and (after.num_rows == before.num_rows or not before.num_columns)
    for old, new in zip(before.columns, after.columns):
        assert_column_kept(old, new, profile)


def assert_column_kept(old, new, profile):
    expected, found = meaning.cells(old, profile), meaning.cells(new, profile)
    if not pa.types.is_dictionary(old.type):
        assert new.type == meaning.kept_type(old.type, old, profile)
        assert found == expected
    else:
        assert_dictionary_kept(old, new, profile)
        assert [None if cell is None else meaning.equal_zero(cell) for cell in expected] == found
    assert new.null_count == expected.count(None) or pa.types.is_dictionary(old.type)


def assert_dictionary_kept(old, new, profile):
    words = meaning.categories(old, profile)
    kept = meaning.kept_type(old.type, old, profile)
    assert (new.type.value_type, new.type.ordered) == (kept.value_type, kept.ordered)
    assert new.type.index_type == meaning.codes_type(len(words))
    if new.num_chunks:
        assert meaning.cells(new.chunk(0).dictionary, profile) == words


# pyarrow cannot read what it compresses in files of version 4 (polars and quern can), so there is none of that.
options = st.one_of(st.fixed_dictionaries({"compression": codecs, "use_legacy_format": st.booleans()}),
                    st.just({"metadata_version": ipc.MetadataVersion.V4}))


@thorough
@given(st.data(), profiles, options)
def test_b_tables_of_pyarrow_keep_their_meaning(pipe, data, profile, options):
    schema, batches = data.draw(random_frames.batches(wide=profile == "units"))
    raw = written(schema, batches, **options)
    taken, told = pipe.ask(raw, profile)
    assert taken, told
    assert_kept(read(raw), read(told), profile)
