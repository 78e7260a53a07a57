# SPDX-License-Identifier: Apache-2.0
"""docs/types.md, made from what `quern run` really does with a table of every type.

    build/venv-oracles/bin/python tests/interop/types_doc.py --write
"""
import decimal
import json
import pathlib
import sys
import tempfile

import pyarrow as pa
import pyarrow.ipc as ipc

import kinds
from conftest import ROOT, identity, quern_run, write, write_case

DOCUMENT = ROOT / "docs" / "types.md"
COMMAND = "build/venv-oracles/bin/python tests/interop/types_doc.py --write"
ROWS = {"whole": "all present", "some missing": "some missing", "all missing": "all missing", "empty": "no rows"}

REFUSED = {
    "decimal256": pa.array([decimal.Decimal("1.5")], pa.decimal256(40, 1)),
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
- **Text** is `object` cells of `str`; all of Arrow's forms come back as string (large_string beyond 2 GiB).
- **Columns without any value** carry no type as `object`: bool, binary and time of which all is missing, and binary
  and time without rows, come back as string.
- **Columns of type null** are `object` cells of None.
- **Times of day** are `datetime.time`, which knows microseconds: a warning tells how many lost nanoseconds.
- **Dictionaries** are categories and keep their order, unused values and the ordered flag. Indices get the width that
  pandas picks: 8 bits below 127 values, 16 below 32,767, else 32. Nulls and repetitions among the values go; numbers
  among them get 64 bits, which all categories of pandas 1.5 have.
- **Repeated column names** reach the script as they are; a result gives the second `a` the name `a (2)`.
- A result is one record batch with ZSTD buffers and pandas metadata, so that `pd.read_feather()` restores dtypes.

## Taken
"""


def happened(directory):
    """{(type, pattern): (dtypes seen, type returned, whether precision was lost)} by one job."""
    paths = [directory / f"{pattern.replace(' ', '_')}.arrow" for pattern in ROWS]
    for path, pattern in zip(paths, ROWS):
        write_case(path, pattern, "zstd", "pyarrow")
    told = {}
    for path, pattern, back in zip(paths, ROWS, identity(directory / "jobs", paths)):
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
            words = "any" if words == ", ".join(ROWS.values()) else words
            yield f"| {short(str(kind.type))} | {words} | {seen} | {short(returned)} | {change(kind.type, returned, lost)} |"


def short(name):
    """dictionary<values=string, indices=int8, ordered=1> in fewer words."""
    if not name.startswith("dictionary<"):
        return name
    values, indices, ordered = (part.split("=")[1] for part in name[len("dictionary<"):-1].rsplit(", ", 2))
    return f"dictionary({indices}, {values}{', ordered' if ordered == '1' else ''})"


def refused(directory):
    """The message of each type that is not taken, by a job of its own."""
    yield "| Arrow type | what the job says |"
    yield "|---|---|"
    for i, (name, array) in enumerate(REFUSED.items()):
        path = directory / f"refused{i}.arrow"
        write(pa.table({"x": array}), path)
        done, out = quern_run(directory / f"refused{i}", [path])
        record = json.loads((out / "job.json").read_text())
        assert (done.returncode, record["reason"]) == (1, "bad_input"), name
        yield f"| {name} | {record['message'].split(': ', 2)[2]} |"


def document(directory):
    """The text of docs/types.md. directory: empty, for files of no further use."""
    lines = [*taken(happened(directory)), "", "## Refused", "", *refused(directory)]
    return HEAD + "\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit(f"usage: {COMMAND}")
    with tempfile.TemporaryDirectory() as scratch:
        DOCUMENT.parent.mkdir(exist_ok=True)
        DOCUMENT.write_text(document(pathlib.Path(scratch)))
