# SPDX-License-Identifier: Apache-2.0
"""Random frames that scripts make themselves, under pandas 1.5, 2 and 3: cells, types, names and notes are what
docs/types.md says ("Made by a script").

pandas_frames.py draws them, here what they mean, in the job what they are. QUERN_EXAMPLES (default 100): a third of it frames
under each pandas, beginning with QUERN_SEED.
"""
import json
import os
import sys

import pyarrow as pa
import pyarrow.ipc as ipc
import pytest

import meaning
import pandas_frames
import pandas_kinds
from conftest import PYTHONS, made_by_script
from documented import dictionary_of, family, rows
from pandas_kinds import KINDS, Missing

COUNT = max(1, int(os.environ.get("QUERN_EXAMPLES", 100)) // 3)
FIRST = int(os.environ.get("QUERN_SEED", 0)) * COUNT
PER_JOB = 50  # outputs
STORED = {line[0]: dict(zip(PYTHONS, line[1:4])) for line in rows("Made by a script")}


@pytest.fixture(scope="module", params=[*PYTHONS.items(), (3, sys.executable)],
                ids=[*(f"pandas{version}" for version in PYTHONS), "pandas3 with pyarrow"])
def jobs(request, tmp_path_factory):
    """(pandas, {seed: (Frame as drawn, table as stored, what the job notes of it)})"""
    pandas, python = request.param
    found = {}
    for first in range(FIRST, FIRST + COUNT, PER_JOB):
        count = min(PER_JOB, FIRST + COUNT - first)
        done, out = made_by_script(tmp_path_factory.mktemp("made") / "job", python, first=first, count=count)
        assert done.returncode == 0, done.stderr
        notes = json.loads((out / "job.json").read_text())["warnings"]
        for seed in range(first, first + count):
            table = ipc.open_file(out / f"frame{seed}.arrow").read_all()
            said = [note.split(": ", 1)[1] for note in notes if note.startswith(f"frame{seed}: ")]
            found[seed] = pandas_frames.frame(seed), table, said
    return pandas, found


def names_of(labels):
    """docs/script.md: texts, of which the second and later of equal ones get a number that nobody else has."""
    texts, made = [str(label) for label in labels], []
    for text in texts:
        name, number = text, 2
        while name in made or (name != text and name in texts):
            name, number = f"{text} ({number})", number + 1
        made.append(name)
    return made


def gone(cell):
    return cell is None or isinstance(cell, Missing)


def row_of(column):
    """Of docs/types.md: without a cell that is there, objects have no type but text."""
    kind = KINDS[column.kind]
    if kind.objects and all(map(gone, column.cells)):
        return "object, all missing"
    return "category of str" if column.kind == "category of bytes" and all(map(gone, column.cells)) else column.kind


def note_of(column):
    kind = KINDS[column.kind]
    there = [cell for cell in column.cells if not gone(cell)]
    said_of = there if kind.objects or kind.category else column.cells
    return kind.note.format(count=len(there)) if said_of else ""


def cells_of(column, stored):
    return [None if gone(cell) or is_nan(cell, column.kind) else KINDS[column.kind].plain(cell, stored) for cell in column.cells]


def is_nan(cell, kind):
    return isinstance(cell, float) and cell != cell and kind != "Float64"


def assert_stored(column, found, how, pandas):
    stored, kind = STORED[row_of(column)][pandas], KINDS[column.kind]
    if not kind.category:
        assert str(found.type) == stored
        assert meaning.cells(found, "units", how) == cells_of(column, stored)
        return
    words = [kind.plain(cell, stored) for cell in pandas_kinds.words(column.cells)]
    assert dictionary_of(found.type.value_type) == family(stored) and found.type.ordered == stored.endswith(", ordered)")
    assert found.type.index_type == meaning.codes_type(len(words))
    assert meaning.cells(found, "units") == cells_of(column, stored)
    assert meaning.categories(found, "units") == words or not found.num_chunks


def test_m_random_frames_are_stored_as_documented(jobs):
    pandas, found = jobs
    for seed, (frame, table, said) in found.items():
        table.validate(full=True)
        names = names_of(frame.labels)
        assert table.column_names == names, seed
        for name, column, new, how in zip(names, frame.columns, table.columns, meaning.hows_told(table.schema)):
            assert len(new) == len(column.cells), seed
            assert (how == "nullable") == (row_of(column) in meaning.NULLABLES), (seed, column.kind)
            try:
                assert_stored(column, new, how, pandas)
            except AssertionError as error:
                error.add_note(f"seed {seed}, column {name!r}: {column}")
                raise
        expected = [f"column {name!r}: {note_of(column)}" for name, column in zip(names, frame.columns) if note_of(column)]
        assert sorted(said) == sorted(expected), seed


def test_m_every_kind_is_documented():
    assert list(STORED) == list(KINDS)
