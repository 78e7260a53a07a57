# SPDX-License-Identifier: Apache-2.0
"""Names, numbers of columns, and batches as only some writers make them."""
import json

import polars as pl
import pyarrow as pa
import pyarrow.ipc as ipc
import pytest

import arrow_file as af
from conftest import identity, quern_run, write

NAMES = ["größe", "漢", "🦆", "", " ", "a b", '"quoted"', "line\nbreak", "tab\t", "NaN", "0", "dataframe1", "é", "e\u0301"]


def read(path):
    return ipc.open_file(path).read_all()


def test_b_any_name_stays(roundtrip):
    back, = roundtrip(pa.table({name: [i] for i, name in enumerate(NAMES)}))
    assert read(back.path).to_pydict() == {name: [i] for i, name in enumerate(NAMES)}
    assert pl.read_ipc(back.path).columns == NAMES


def test_m_repeated_names_get_numbers(roundtrip):
    """All columns reach the script; a result cannot repeat a name."""
    names = ["a", "a", "b", "a (2)", "", "a", ""]
    back, = roundtrip(pa.Table.from_arrays([pa.array([i]) for i in range(len(names))], names=names))
    table = read(back.path)
    assert table.column_names == ["a", "a (3)", "b", "a (2)", "", "a (4)", " (2)"]
    assert [column.to_pylist() for column in table.columns] == [[i] for i in range(len(names))]


def test_b_a_thousand_columns_of_many_batches(roundtrip):
    wide = pa.table({f"c{i}": pa.array([i, None, i * 2], pa.float64()) for i in range(1000)})
    back, = roundtrip(pa.concat_tables([wide] * 5))
    assert read(back.path).to_pydict() == {f"c{i}": [float(i), None, float(i * 2)] * 5 for i in range(1000)}


def test_b_ten_thousand_columns(roundtrip):
    wide = pa.table({f"c{i}": [i] if i % 3 else [f"text {i}"] for i in range(10000)})
    back, = roundtrip(wide)
    assert read(back.path).to_pydict() == wide.to_pydict()


def test_b_one_of_ten_thousand_columns(tmp_path):
    write(pa.table({f"c{i}": [[i]] if i % 2 else [i] for i in range(10000)}), tmp_path / "in.arrow")
    back, = identity(tmp_path / "jobs", [tmp_path / "in.arrow"], "--columns", "c9998,c2")
    assert read(back.path).to_pydict() == {"c9998": [9998], "c2": [2]}


def test_b_dictionaries_that_two_columns_share(tmp_path):
    """One id for both: pyarrow writes no such file."""
    made = af.File([af.Field(name, (af.UTF8, {}), (1, (8, True), False)) for name in "ab"])
    made.dictionary(1, af.texts(["x", "y"])).dictionary(1, af.texts(["z"]), delta=True)
    (tmp_path / "in.arrow").write_bytes(made.batch(af.numbers([0, 2], "b"), af.numbers([1, None], "b")).bytes())
    back, = identity(tmp_path / "jobs", [tmp_path / "in.arrow"])
    assert read(back.path).to_pydict() == {"a": ["x", "z"], "b": ["y", None]}
    assert [read(back.path)[name].chunk(0).dictionary.to_pylist() for name in "ab"] == [["x", "y", "z"]] * 2


def test_b_no_columns_and_no_rows(roundtrip):
    nothing, rows = roundtrip(pa.table({}), pa.table({"a": pa.array([], pa.int16())}))
    assert read(nothing.path).shape == (0, 0)
    assert read(rows.path).shape == (0, 1) and read(rows.path)["a"].type == pa.int16()


@pytest.mark.parametrize("codec", ["zstd", "uncompressed"])
def test_b_empty_batches_between_others(codec, tmp_path):
    schema = pa.schema({"s": pa.utf8(), "n": pa.int32(), "c": pa.dictionary(pa.int8(), pa.utf8())})
    words = pa.array(["x", "y"])
    some = [(["a", None], [1, 2], [0, None]), ([], [], []), (["", "ccc"], [3, 4], [1, 1]), ([], [], [])]
    options = ipc.IpcWriteOptions(compression=None if codec == "uncompressed" else codec)
    with ipc.new_file(tmp_path / "in.arrow", schema, options=options) as writer:
        for texts, numbers, codes in some:
            codes = pa.DictionaryArray.from_arrays(pa.array(codes, pa.int8()), words)
            writer.write_batch(pa.record_batch([pa.array(texts, pa.utf8()), pa.array(numbers, pa.int32()), codes], schema))
    back, = identity(tmp_path / "jobs", [tmp_path / "in.arrow"])
    assert read(back.path).to_pydict() == {"s": ["a", None, "", "ccc"], "n": [1, 2, 3, 4], "c": ["x", None, "y", "y"]}


def test_b_dictionaries_that_grow_from_batch_to_batch(tmp_path):
    """pyarrow writes the second dictionary as a delta of the first."""
    batches = [pa.record_batch({"c": pa.array(words).dictionary_encode()}) for words in (["a", "b"], ["a", "b", None, "c"])]
    options = ipc.IpcWriteOptions(compression="zstd", emit_dictionary_deltas=True)
    with ipc.new_file(tmp_path / "in.arrow", batches[0].schema, options=options) as writer:
        for batch in batches:
            writer.write_batch(batch)
    back, = identity(tmp_path / "jobs", [tmp_path / "in.arrow"])
    column = read(back.path)["c"].combine_chunks()
    assert column.to_pylist() == ["a", "b", "a", "b", None, "c"] and column.dictionary.to_pylist() == ["a", "b", "c"]


def test_b_slices_of_larger_arrays(roundtrip):
    """Offsets that begin in the middle of their buffers, validity at an odd bit."""
    whole = pa.table({"s": [None if i % 5 == 2 else f"text {i}" for i in range(100)], "b": [i % 3 == 0 for i in range(100)],
                      "v": pa.array([f"long enough to be a view {i}" for i in range(100)], pa.string_view())})
    back, = roundtrip(whole.slice(13, 41))
    assert read(back.path).to_pydict() == whole.slice(13, 41).to_pydict()


@pytest.mark.parametrize("count,index", [(126, pa.int8()), (127, pa.int16()), (32766, pa.int16()), (32767, pa.int32())])
def test_b_dictionaries_of_many_values(count, index, tmp_path):
    words = [f"w{i}" for i in range(count)]
    codes = pa.array([count - 1, 0, None, count // 2], pa.int32())
    write(pa.table({"c": pa.DictionaryArray.from_arrays(codes, pa.array(words))}), tmp_path / "in.arrow")
    back, = identity(tmp_path / "jobs", [tmp_path / "in.arrow"])
    column = read(back.path)["c"].combine_chunks()
    assert column.to_pylist() == [words[-1], "w0", None, words[count // 2]]
    assert column.dictionary.to_pylist() == words and column.type.index_type == index


def test_m_dictionary_with_a_null_and_repetitions(roundtrip):
    """Categories of pandas are distinct and never missing: the values are the same, the codes are not."""
    words = pa.array(["a", None, "b", "a"])
    table = pa.table({"c": pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 3, None], pa.int8()), words)})
    back, = roundtrip(table)
    column = read(back.path)["c"].combine_chunks()
    assert column.to_pylist() == ["a", None, "b", "a", None] and column.dictionary.to_pylist() == ["a", "b"]


@pytest.mark.parametrize("kind,value,words", [
    (pa.timestamp("s", "UTC"), 9223372037, "9223372037 seconds"), (pa.timestamp("us"), -2**62, f"{-2**62} microseconds"),
    (pa.date32(), 106752, "106752 days"), (pa.date64(), 86400000 * 106752, f"{86400000 * 106752} milliseconds")])
def test_m_a_time_that_nanoseconds_cannot_hold_fails_the_job(kind, value, words, tmp_path):
    write(pa.table({"n": [1, 2, 3], "when": pa.array([0, None, value], kind)}), tmp_path / "in.arrow")
    done, out = quern_run(tmp_path / "job", [tmp_path / "in.arrow"])
    assert done.returncode == 1
    assert json.loads((out / "job.json").read_text())["message"] == (
        f'in.arrow: column "when": row 2 holds {words} since 1970, which nanoseconds cannot hold '
        "(they reach from 1677 to 2262)")
