# SPDX-License-Identifier: Apache-2.0
"""docs/types.md, made from what `quern run` really does with a table of every type.

    build/venv-oracles/bin/python tests/interop/types_doc.py --write
"""
import decimal
import json
import pathlib
import sys
import tempfile

import pandas as pd
import pyarrow as pa
import pyarrow.ipc as ipc

import kinds
from conftest import PYTHONS, ROOT, identity, made_by_script, quern_run, write, write_case
from pandas_kinds import KINDS

DOCUMENT = ROOT / "docs" / "types.md"
COMMAND = "build/venv-oracles/bin/python tests/interop/types_doc.py --write"
ROWS = {"whole": "all present", "some missing": "some missing", "all missing": "all missing", "empty": "no rows"}

REFUSED = {
    "month_day_nano_interval": pa.array([(1, 2, 3)], pa.month_day_nano_interval()),
    "list": pa.array([[1]]),
    "large_list": pa.array([[1]], pa.large_list(pa.int8())),
    "list_view": pa.array([[1]], pa.list_view(pa.int8())),
    "fixed_size_list": pa.array([[1, 2]], pa.list_(pa.int8(), 2)),
    "struct": pa.array([{"a": 1}]),
    "map": pa.array([[("a", 1)]], pa.map_(pa.utf8(), pa.int8())),
    "dense_union": pa.UnionArray.from_dense(pa.array([0], pa.int8()), pa.array([0], pa.int32()), [pa.array([1])]),
    "run_end_encoded": pa.RunEndEncodedArray.from_arrays(pa.array([1], pa.int32()), pa.array([1])),
    "dictionary of null": pa.DictionaryArray.from_arrays(pa.array([0]), pa.nulls(1)),
    "dictionary of decimal128": pa.DictionaryArray.from_arrays(pa.array([0]), pa.array([decimal.Decimal("1.5")])),
    "dictionary of bool": pa.DictionaryArray.from_arrays(pa.array([0]), pa.array([True])),
}

HEAD = f"""<!-- Made by tests/interop/types_doc.py from what happens; do not edit. {COMMAND} -->
# Types

What a script sees of each Arrow type, and what it returns when it changes nothing. Values, missing ones, names and the
order of rows and columns stay; the type changes where pandas 1.5, Debian's, has no other way to hold the column. A test
makes this page from a run of every row and fails when it tells otherwise.

- **Integers with missing values** are double in pandas. Whole numbers beyond 2^53 may be rounded: such a column is named
  in the job's warnings, with how many values were.
- **Times** are counted in nanoseconds, which reach from 1677 to 2262. A time beyond that fails the job and is named by
  column and row. Dates become timestamps at midnight. Zones stay.
- **NaN and null** are one for pandas: NaN comes back as null. All other floats keep their bits, -0.0 and the subnormal
  ones too. The smallest timestamp of 64 bits is pandas' NaT and comes back as null.
- **Text** is `object` cells of `str`; all of Arrow's forms come back as string (large_string beyond 2 GiB). Cells of
  columns with few distinct texts, at most 2,048, share one object per text.
- **Columns without any value** carry no type as `object`: bool, binary and time of which all is missing, and binary
  and time without rows, come back as string.
- **Decimals** are the nearest double; a warning tells how many lost digits. With `--decimals text` they are text with
  all digits, as `str(decimal.Decimal)` writes it; a dictionary of decimals is taken only so, as one of texts.
- **pandas' nullable types** are none of Arrow's: the metadata that pandas writes tell them, and they stay. Whole numbers
  are exact there, beside missing ones too, and NaN is a value.
- **Columns of type null** are `object` cells of None.
- **Times of day** are `datetime.time`, which knows microseconds: a warning tells how many lost nanoseconds.
- **Dictionaries** are categories and keep their order, unused values and the ordered flag. Indices get the width that
  pandas picks: 8 bits below 127 values, 16 below 32,767, else 32. Nulls and repetitions among the values go; numbers
  among them get 64 bits, which all categories of pandas 1.5 have.
- **Repeated column names** reach the script as they are; a result gives the second `a` the name `a (2)`.
- A result is one record batch with ZSTD buffers and pandas metadata, so that `pd.read_feather()` restores dtypes.

## Taken
"""


def happened(directory, pandas=1):
    """{(type, pattern): (dtypes seen, type returned, whether precision was lost)} by one job under that pandas."""
    directory.mkdir()
    paths = [directory / f"{pattern.replace(' ', '_')}.arrow" for pattern in ROWS]
    for path, pattern in zip(paths, ROWS):
        write_case(path, pattern, "zstd", "pyarrow")
    told = {}
    for path, pattern, back in zip(paths, ROWS, identity(directory / "jobs", paths, pandas=pandas)):
        for field, seen in zip(ipc.open_file(back.path).schema, back.seen):
            lost = any(warning.startswith(f"{path.name}: column '{field.name}': ") for warning in back.warnings)
            told[field.name, pattern] = (dtypes(seen), str(field.type), lost)
    return told


def dtypes(seen):
    if seen["dtype"] != "category":
        return f"{seen['dtype']} of {seen['cell']}" if seen["dtype"] == "object" and seen["cell"] else seen["dtype"]
    return f"category of {seen['categories']}{', ordered' if seen['ordered'] else ''}"


def grouped(told, name):
    """[(words for rows, dtypes, returned, lost)]: patterns of one outcome together. A cell's class needs a cell."""
    groups = {}
    for pattern, words in ROWS.items():
        seen, returned, lost = told[name, pattern]
        groups.setdefault((seen.split(" of ")[0] if seen.startswith("object") else seen, returned), []).append((words, seen, lost))
    for (_, returned), found in groups.items():
        yield ", ".join(words for words, _, _ in found), found[0][1], returned, any(lost for _, _, lost in found)


def change(kind, returned, lost):
    """What an unchanged column lost or gained."""
    if str(kind) == returned:
        return ""
    if pa.types.is_dictionary(kind):
        return "; ".join(dictionary_change(kind, returned))
    if pa.types.is_integer(kind):
        return "integers become double" + (", those beyond 2^53 rounded with a warning" if lost else "")
    if pa.types.is_decimal(kind):
        return "decimal becomes double" + (", with a warning where digits are lost" if lost else "")
    if pa.types.is_date(kind):
        return "a date becomes midnight"
    if pa.types.is_temporal(kind) and returned != "string":
        return "the unit becomes ns"
    if returned == "string" and str(kind) not in ("large_string", "string_view"):
        return "the type is lost"
    return "one form for all"


def dictionary_change(kind, returned):
    if f"indices={kind.index_type}," not in returned:
        yield "the width of the indices"
    if f"values={kind.value_type}," not in returned:
        yield "numbers get 64 bits" if is_number(kind.value_type) else "the values' type, as above"


def is_number(kind):
    return pa.types.is_integer(kind) or pa.types.is_floating(kind)


def taken(told):
    yield "| Arrow type | rows | in the script | returned | what changed |"
    yield "|---|---|---|---|---|"
    for kind in kinds.KINDS:
        for words, seen, returned, lost in grouped(told, kind.name):
            yield f"| {short(str(kind.type))} | {anyway(words)} | {seen} | {short(returned)} | {change(kind.type, returned, lost)} |"


def otherwise(directory, told):
    """What pandas 2 and 3 make of it where that is not what 1.5 makes."""
    others = [happened(directory / f"pandas{pandas}", pandas) for pandas in (2, 3)]
    yield "| Arrow type | rows | in the script of pandas 2 | returned | in the script of pandas 3 | returned |"
    yield "|---|---|---|---|---|---|"
    for kind in kinds.KINDS:
        groups = {}
        for pattern, words in ROWS.items():
            seen = [outcome[kind.name, pattern][:2] for outcome in (told, *others)]
            if seen[1:] != seen[:1] * 2:
                groups.setdefault(tuple(part.split(" of ")[0] for pair in seen for part in pair), []).append((words, seen[1:]))
        for found in groups.values():
            words = ", ".join(words for words, _ in found)
            cells = [cell for seen, returned in found[0][1] for cell in (seen, short(returned))]
            yield f"| {short(str(kind.type))} | {anyway(words)} | {' | '.join(cells)} |"


def anyway(words):
    return "any" if words == ", ".join(ROWS.values()) else words


def short(name):
    """dictionary<values=string, indices=int8, ordered=1> in fewer words."""
    if not name.startswith("dictionary<"):
        return name
    values, indices, ordered = (part.split("=", 1)[1] for part in name[len("dictionary<"):-1].rsplit(", ", 2))
    return f"dictionary({indices}, {values}{', ordered' if ordered == '1' else ''})"


def nullable(directory):
    """What becomes of pandas' nullable types, with missing values."""
    frame = pd.DataFrame({dtype: pd.array([*cells, None], dtype) for dtype, cells in kinds.NULLABLES.items()})
    path = directory / "nullable.arrow"
    frame.to_feather(path, compression="zstd")
    back, = identity(directory / "nullable", [path])
    assert back.warnings == []
    schema, after = ipc.open_file(back.path).schema, pd.read_feather(back.path)
    pd.testing.assert_frame_equal(after, frame)
    yield "| pandas dtype | in the file | in the script | returned | by `pd.read_feather()` |"
    yield "|---|---|---|---|---|"
    for field, seen, name in zip(schema, back.seen, frame):
        yield f"| {name} | {ipc.open_file(path).schema.field(name).type} | {seen['dtype']} | {field.type} | {after[name].dtype} |"


def decimals(directory):
    """The same table with --decimals text."""
    path = directory / "decimals.arrow"
    write(pa.table({str(kind.type): kinds.array(kind, "some missing") for kind in kinds.DECIMALS}), path)
    back, = identity(directory / "decimals", [path], "--decimals", "text")
    assert back.warnings == []
    before, after = ipc.open_file(path).read_all(), ipc.open_file(back.path).read_all()
    yield "| Arrow type | in the script | returned |"
    yield "|---|---|---|"
    for name, seen in zip(after.column_names, back.seen):
        assert after[name].to_pylist() == [None if value is None else str(value) for value in before[name].to_pylist()]
        yield f"| {name} | {dtypes(seen)} | {after[name].type} |"


def made(directory):
    """What becomes of the columns that a script makes itself, under each pandas."""
    tables, notes = {}, {}
    for pandas in PYTHONS:
        done, out = made_by_script(directory / f"made{pandas}", pandas, example=1)
        assert done.returncode == 0, done.stderr
        tables[pandas] = ipc.open_file(out / "dataset1.arrow").schema
        notes[pandas] = json.loads((out / "job.json").read_text())["warnings"]
    assert notes[1] == notes[2] == notes[3]
    yield "| in the frame | by pandas 1.5 | 2 | 3 | what the job notes |"
    yield "|---|---|---|---|---|"
    for name in KINDS:
        types = [short(str(tables[pandas].field(name).type)) for pandas in PYTHONS]
        said = [note.split(f"column {name!r}: ")[1] for note in notes[1] if f"column {name!r}: " in note]
        yield f"| {name} | {' | '.join(types)} | {'; '.join(said)} |"


def refused(directory):
    """The message of each type that is not taken, by a job of its own; the commands that they tell stand behind, once."""
    yield "| Arrow type | what the job says |"
    yield "|---|---|"
    commands = {}
    for i, (name, array) in enumerate(REFUSED.items()):
        path = directory / f"refused{i}.arrow"
        write(pa.table({"x": array}), path)
        done, out = quern_run(directory / f"refused{i}", [path])
        record = json.loads((out / "job.json").read_text())
        assert (done.returncode, record["reason"]) == (1, "bad_input"), name
        said, command = record["message"].split(": ", 2)[2].rsplit(": python3 -c ", 1)
        commands.setdefault(said.split("; ")[1], f"python3 -c {command}")
        yield f"| {name} | {said}: ... |"
    for words, command in commands.items():
        yield from ("", f"{words[0].upper()}{words[1:]}:", "```sh", command, "```")


def document(directory):
    """The text of docs/types.md. directory: empty, for files of no further use."""
    told = happened(directory / "pandas1")
    lines = [*taken(told), "", "## Under pandas 2 and 3", "", "Where they make something else of a column than 1.5.", "",
             *otherwise(directory, told), "", "## With `--decimals text`", "", *decimals(directory),
             "", "## pandas' nullable types, with missing values", "", *nullable(directory),
             "", "## Made by a script", "", "What is stored of a frame that a script makes. In cells that are objects, None, NaN, NaT and pd.NA are missing;",
             "of a column of objects that are all missing, text remains. Cells that no type can hold become text.", "", *made(directory),
             "", "## Refused", "", "Unless the column is left out with `--columnsN`. The message goes on with one of the commands below, in which FILE",
             "and COLUMN stand for the names.", "",
             *refused(directory)]
    return HEAD + "\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit(f"usage: {COMMAND}")
    with tempfile.TemporaryDirectory() as scratch:
        DOCUMENT.parent.mkdir(exist_ok=True)
        DOCUMENT.write_text(document(pathlib.Path(scratch)))
