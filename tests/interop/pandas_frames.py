# SPDX-License-Identifier: Apache-2.0
"""Random frames as scripts make them, without Arrow: every dtype, objects of all sorts, indices, names, strides.

A module of the tests, which draws what the cells are (no pandas), and of the jobs, which builds frames of them. The same seed
draws the same under every pandas.
"""
import datetime
import random
from typing import NamedTuple

from pandas_kinds import KINDS, Missing

SORTS = 4  # of missing cells among objects


class Column(NamedTuple):
    kind: str
    cells: list  # None or Missing where one is missing


class Frame(NamedTuple):
    """labels: of the columns; index: how it is indexed; layout: how it lies in memory."""

    columns: list
    labels: list
    index: str
    layout: str


# ---- drawing ----

INDICES = ("range", "shuffled", "text", "repeated", "times", "multi", "named")
LABELS = ("text", "numbers", "repeated", "tuples", "objects")
LAYOUTS = ("plain", "plain", "padded", "strided", "backwards")


def drawn(chance, name, rows):
    """A Column of that kind with missing cells here and there."""
    kind = KINDS[name]
    if rows < len(kind.always):
        return drawn(chance, "object of str", rows)
    share = 1 if kind.cell is None else chance.choice([0, 0, 0.3, 1]) if kind.missing else 0
    pool = [kind.cell(chance) for _ in range(5)] if kind.cell else [None]
    lost = (lambda: Missing(chance.randrange(SORTS))) if kind.objects else (lambda: None)
    cells = [lost() if chance.random() < share else chance.choice(pool) for _ in range(rows)]
    return Column(name, [*kind.always, *cells[len(kind.always):]])


def example(rows=4):
    """A Frame with each kind, of which what can be missing is missing in the last of the rows."""
    chance, columns = random.Random(1), []
    for name, kind in KINDS.items():
        cells = [kind.cell(chance) if kind.cell else Missing(i % SORTS) for i in range(rows)]
        cells[:len(kind.always)] = kind.always
        cells[-1:] = [(Missing(0) if kind.objects else None) if kind.missing else cells[-1]]
        columns.append(Column(name, cells))
    return Frame(columns, list(KINDS), "range", "plain")


REPEATED = 61  # rows of the example, of which the rows of a long frame are made


def places(rows):
    """Which row of the example each row of a long frame is: each of them once, then any."""
    return [i if i < REPEATED else i * 7919 % 1009 % REPEATED for i in range(rows)]


def labels(chance, form, count):
    if form == "numbers":
        return [chance.randint(0, 1) * 100 + i for i in range(count)]
    if form == "repeated":
        return [chance.choice(["a", "b", "a (2)"]) for _ in range(count)]
    if form == "tuples":
        return [("group", chance.choice(["x", "y"])) for _ in range(count)]
    if form == "objects":
        return [chance.choice([None, 1, "1", 1.5, True, ("a", 1), datetime.date(2020, 1, 2)]) for _ in range(count)]
    return [f"c{i} {chance.choice(['', 'größe', chr(10), chr(34)])}" for i in range(count)]


def frame(seed):
    """The Frame of a seed."""
    chance = random.Random(seed)
    rows, names = chance.choice([0, 1, 3, 20, 70]), list(KINDS)
    columns = [drawn(chance, chance.choice(names), rows) for _ in range(chance.choice([0, 1, 4, 12]))]
    return Frame(columns, labels(chance, chance.choice(LABELS), len(columns)), chance.choice(INDICES), chance.choice(LAYOUTS))


# ---- building: only in a job ----


def built(drawing):
    """The DataFrame of a Frame."""
    import pandas as pd

    columns = {i: laid(column, drawing.layout) for i, column in enumerate(drawing.columns)}
    made = pd.DataFrame(columns).iloc[SLICES[drawing.layout]]
    made.columns = header(drawing.labels)
    made.index = index(drawing.index, len(made))
    return made


def repeated(rows):
    """A long frame of each kind. Column by column: pandas takes nothing of big-endian ones."""
    import numpy as np
    import pandas as pd

    where, found = np.array(places(rows)), {}
    for column in example(REPEATED).columns:
        made = KINDS[column.kind].build(column.cells)
        taken = made[where] if isinstance(made, np.ndarray) else made.take(where)
        found[column.kind] = taken.reset_index(drop=True) if isinstance(made, pd.Series) else taken
    return pd.DataFrame(found, copy=False)


# What of the rows below is the frame, and where its cells lie among them.
SLICES = {"plain": slice(None), "padded": slice(1, -1), "strided": slice(None, None, 2), "backwards": slice(None, None, -1)}


def laid(column, layout):
    cells = column.cells
    rows = {"plain": cells, "padded": [*cells[:1], *cells, *cells[-1:]] if cells else [],
            "strided": [cell for cell in cells for _ in "ab"], "backwards": cells[::-1]}[layout]
    return KINDS[column.kind].build(rows)


def header(labels):
    import pandas as pd

    kinds = {type(label) for label in labels}
    if kinds == {tuple}:
        return pd.MultiIndex.from_tuples(labels)
    return pd.Index(labels, dtype="int64" if kinds == {int} else object)


def index(form, rows):
    import pandas as pd

    numbers = list(range(rows))
    return {"range": lambda: pd.RangeIndex(rows), "shuffled": lambda: pd.Index(numbers[::-1], dtype="int64"),
            "text": lambda: pd.Index([f"row {i}" for i in numbers], dtype=object), "repeated": lambda: pd.Index([7] * rows, dtype="int64"),
            "times": lambda: pd.date_range("2020-01-01", periods=rows, freq="D"),
            "multi": lambda: pd.MultiIndex.from_arrays([numbers, numbers], names=["a", None]),
            "named": lambda: pd.Index(numbers, name="c0 ", dtype="int64")}[form]()


def azureml_main():
    import quern

    if "example" in quern.params:
        return built(example())
    if "rows" in quern.params:
        return repeated(int(quern.params["rows"]))
    first, count = int(quern.params["first"]), int(quern.params["count"])
    return {f"frame{seed}": built(frame(seed)) for seed in range(first, first + count)}
