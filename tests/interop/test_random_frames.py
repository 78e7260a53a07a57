# SPDX-License-Identifier: Apache-2.0
"""Random tables through reader and writer in C: what they mean stays, types change only as they should.

By hypothesis; QUERN_EXAMPLES (default 100) tables per test, the same ones every time unless it is given.
"""
import io
import os
import re

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
from remedies import REMEDIES

EXAMPLES = int(os.environ.get("QUERN_EXAMPLES", 100))
thorough = settings(max_examples=EXAMPLES, deadline=None, derandomize="QUERN_EXAMPLES" not in os.environ, database=None,
                    print_blob=True, suppress_health_check=list(HealthCheck))
kinds_of = {"float": random_frames.types, "text": random_frames.types_as_text}
decimals, profiles, codecs = st.sampled_from(sorted(kinds_of)), st.sampled_from(["ns", "units"]), st.sampled_from([None, "zstd", "lz4"])


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


def assert_kept(before, after, profile, decimals="float"):
    """Names, values, missing ones, types, categories and zones of two tables; meaning.py knows what a segment changes."""
    after.validate(full=True)
    assert after.column_names == before.column_names and (after.num_rows == before.num_rows or not before.num_columns)
    hows = meaning.hows(before.schema, decimals)
    assert meaning.hows_told(after.schema) == [how if how == "nullable" else "" for how in hows]
    for old, new, how in zip(before.columns, after.columns, hows):
        assert_column_kept(old, new, profile, how)


def assert_column_kept(old, new, profile, how):
    expected, found = meaning.cells(old, profile, how), meaning.cells(new, profile, how)
    if not pa.types.is_dictionary(old.type):
        assert new.type == meaning.kept_type(old.type, old, profile, how)
        assert found == expected
    else:
        assert_dictionary_kept(old, new, profile, how)
        assert meaning.equal_zeros(found) == meaning.equal_zeros(expected)
    assert new.null_count == expected.count(None) or pa.types.is_dictionary(old.type)


def assert_dictionary_kept(old, new, profile, how):
    words = meaning.categories(old, profile, how)
    kept = meaning.kept_type(old.type, old, profile, how)
    assert (new.type.value_type, new.type.ordered) == (kept.value_type, kept.ordered)
    assert new.type.index_type == meaning.codes_type(len(words))
    if new.num_chunks:
        assert meaning.equal_zeros(meaning.cells(new.chunk(0).dictionary, profile)) == words


# pyarrow cannot read what it compresses in files of version 4 (polars and quern can), so there is none of that.
options = st.one_of(st.fixed_dictionaries({"compression": codecs, "use_legacy_format": st.booleans()}),
                    st.just({"metadata_version": ipc.MetadataVersion.V4}))


@thorough
@given(st.data(), profiles, decimals, options)
def test_b_tables_of_pyarrow_keep_their_meaning(pipe, data, profile, decimals, options):
    schema, batches = data.draw(random_frames.batches(kinds_of[decimals], wide=profile == "units", hinted=True))
    raw = written(schema, batches, **options)
    taken, told = pipe.ask(raw, profile, decimals)
    assert taken, told
    assert_kept(read(raw), read(told), profile, decimals)


def chosen(table, columns):
    """The columns of a table that a list of names means: in its order, all of a name."""
    return table.select([i for name in columns for i, found in enumerate(table.column_names) if found == name])


@thorough
@given(st.data(), profiles, decimals, options)
def test_b_some_columns_of_tables_keep_their_meaning(pipe, data, profile, decimals, options):
    """In any order, beside columns of types that no dataset has."""
    kinds = random_frames.weighted(kinds_of[decimals], st.sampled_from(list(random_frames.STRANGE)))
    schema, batches = data.draw(random_frames.batches(kinds, wide=profile == "units", hinted=True))
    raw = written(schema, batches, **options)
    strange = {field.name for field in schema if field.type in random_frames.STRANGE}
    names = sorted({name for name in schema.names if "\0" not in name} - strange)
    columns = data.draw(st.permutations(names))[:data.draw(st.integers(0, len(names)))]
    taken, told = pipe.ask(raw, profile, decimals, columns)
    assert taken, told
    before = chosen(read(raw), columns)
    assert read(told).num_rows == before.num_rows or not columns
    assert_kept(before, read(told), profile, decimals)
    assert_unfit_names_are_refused(pipe, raw, schema, columns, strange)


def assert_unfit_names_are_refused(pipe, raw, schema, columns, strange):
    assert pipe.ask(raw, columns=[*columns, "never drawn"])[1].startswith('bad_input: there is no column "never drawn"')
    for name in columns[:1]:
        assert pipe.ask(raw, columns=[*columns, name]) == (False, f'bad_input: column "{shown(name)}" was asked for twice')
    for name in sorted(name for name in strange if "\0" not in name):
        taken, told = pipe.ask(raw, columns=[name])
        assert not taken and told.startswith(f'bad_input: column "{shown(name)}": ') and "not supported by datasets" in told


def shown(name):
    """A name in a message, where control characters would confuse a terminal."""
    return re.sub("[\0-\x1f\x7f]", "?", name)


def named(table):
    """The table with names of which none comes twice or holds a NUL, as polars and DuckDB want it."""
    return table.rename_columns([f"{i} {name}".replace("\0", "") for i, name in enumerate(table.column_names)])


POLARS = st.one_of(
    st.sampled_from([kind for kind in (*random_frames.INTEGERS, *random_frames.FLOATS, *random_frames.TEXTS, pa.bool_(), pa.null(),
                                       *random_frames.BINARIES, *random_frames.TIMES, *random_frames.DATES)]),
    random_frames.timestamps.filter(lambda kind: not (kind.tz or "").startswith("-")), random_frames.durations,
    random_frames.decimals.filter(lambda kind: kind.scale >= 0), random_frames.fixed_binaries,
    st.builds(pa.dictionary, st.sampled_from(random_frames.INTEGERS), st.sampled_from(random_frames.TEXTS)))


@thorough
@given(st.data(), profiles, decimals, st.sampled_from(["zstd", "lz4", "uncompressed"]), st.booleans(),
       st.sampled_from([None, 1, 8, 50]))
def test_b_tables_of_polars_keep_their_meaning(pipe, data, profile, decimals, codec, newest, rows):
    schema, batches = data.draw(random_frames.batches(POLARS))
    frame = pl.from_arrow(named(pa.Table.from_batches(batches, schema)), rechunk=False)
    level = pl.CompatLevel.newest() if newest else pl.CompatLevel.oldest()
    sink = io.BytesIO()
    frame.write_ipc(sink, compression=codec, compat_level=level, record_batch_size=rows)
    taken, told = pipe.ask(sink.getvalue(), profile, decimals)
    assert taken, told
    assert_kept(read(sink.getvalue()), read(told), profile, decimals)
    assert_polars_reads(frame, told, decimals)


def assert_polars_reads(frame, raw, decimals):
    """polars reads what quern wrote as what it had itself; in nanoseconds, for it knows no seconds."""
    after = pl.read_ipc(io.BytesIO(raw))
    assert after.columns == frame.columns
    for name in frame.columns:
        old, new = frame[name].to_arrow(), after[name].to_arrow()
        assert meaning.cells(new, "ns") == meaning.cells(old, "ns", meaning.how(old.type, None, decimals)), name


DUCKDB = st.one_of(
    st.sampled_from([kind for kind in (*random_frames.INTEGERS, *random_frames.FLOATS[1:], *random_frames.TEXTS, pa.bool_(), pa.null(),
                                       *random_frames.BINARIES, *random_frames.TIMES, *random_frames.DATES)]),
    random_frames.timestamps, random_frames.decimals.filter(lambda kind: kind.scale >= 0), random_frames.fixed_binaries,
    st.builds(pa.dictionary, st.sampled_from(random_frames.INTEGERS), st.sampled_from(random_frames.TEXTS)))


@pytest.fixture(scope="module")
def duck():
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    yield connection
    connection.close()


@thorough
@given(st.data(), profiles, decimals, codecs)
def test_b_tables_of_duckdb_keep_their_meaning(pipe, duck, data, profile, decimals, codec):
    """DuckDB has no writer of its own for Arrow files: its tables go through pyarrow, and quern's back into it."""
    schema, batches = data.draw(random_frames.batches(st.one_of(DUCKDB)))
    schema, batches = (schema, batches) if schema.names else (pa.schema({"n": pa.int8()}), [])
    before = duck.from_arrow(named(pa.Table.from_batches(batches, schema))).to_arrow_table()
    taken, told = pipe.ask(written(before.schema, before.to_batches(), compression=codec), profile, decimals)
    assert taken, told
    after = read(told)
    assert_kept(before, after, profile, decimals)
    again = duck.from_arrow(after).to_arrow_table()
    for name in after.column_names:
        assert meaning.cells(again[name], profile) == meaning.cells(after[name], profile), name


def test_b_types_that_only_duckdb_has(pipe, duck):
    """What its own types become in Arrow is taken or refused by name."""
    before = duck.sql("""
        select i::hugeint * 10**30::hugeint as huge, (i % 3)::decimal(4, 1) as d, ('w' || i % 3)::enum('w0', 'w1', 'w2', 'w3') as e,
               ('00000000-0000-0000-0000-0000000000' || (10 + i % 90))::uuid as u, (i::varchar)::blob as b, i::usmallint as s,
               timestamptz '2024-02-29 12:00:00+02' + to_days(i::int) as z, date '2024-02-29' + i::int as day
        from range(100) t(i)""").to_arrow_table()
    taken, told = pipe.ask(written(before.schema, before.to_batches()), "ns")
    assert taken, told
    after = read(told)
    assert_kept(before, after, "ns")
    assert after["e"].combine_chunks().dictionary.to_pylist() == ["w0", "w1", "w2", "w3"]
    interval = duck.sql("select interval 1 month as month").to_arrow_table()
    assert pipe.ask(written(interval.schema, interval.to_batches())) == (
        False, f'bad_input: column "month": interval is not supported by datasets; as text: {REMEDIES["TEXT"]}')


@thorough
@given(st.data(), codecs)
def test_m_times_are_refused_exactly_where_nanoseconds_end(pipe, data, codec):
    kinds = st.one_of(random_frames.timestamps, random_frames.durations, st.sampled_from(random_frames.DATES))
    kinds = st.one_of(kinds, st.builds(pa.dictionary, st.just(pa.int8()), kinds))
    schema, batches = data.draw(random_frames.batches(kinds, most=1, wide=True))
    taken, told = pipe.ask(written(schema, batches, compression=codec), "ns")
    try:
        cells = [meaning.cells(column, "ns") for column in pa.Table.from_batches(batches, schema).columns]
    except OverflowError:
        assert not taken and "which nanoseconds cannot hold (they reach " in told
        return
    assert taken, told
    assert [meaning.cells(column, "ns") for column in read(told).columns] == cells
