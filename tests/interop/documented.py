# SPDX-License-Identifier: Apache-2.0
"""The table of docs/types.md as what a job may change: the type that comes back for a type and a pattern of missing cells."""
import re

import pyarrow as pa

from conftest import ROOT

WORDS = ("all present", "some missing", "all missing", "no rows")


def family(kind):
    """A type's name without what the table shows by examples: digits, zones, widths."""
    name = re.sub(r"tz=[^\]]*", "tz", str(kind))
    name = re.sub(r"dictionary\(\w+, (.*?)(, ordered)?\)", r"dictionary of \1", name)
    return re.sub(r"(decimal\d+)\(.*\)|(fixed_size_binary)\[.*\]", lambda match: match.group(1) or match.group(2), name)


def rows(heading):
    """The cells of the lines of a section's table."""
    section = (ROOT / "docs" / "types.md").read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def table(pandas):
    """{(family, words): family of the type returned}; of a dictionary without its indices and order."""
    found = {(family(cells[0]), words): family(cells[3]) for cells in rows("Taken") for words in patterns(cells[1])}
    for cells in rows("Under pandas 2 and 3") if pandas > 1 else ():
        found |= {(family(cells[0]), words): family(cells[2 * pandas - 1]) for words in patterns(cells[1])}
    return found


def patterns(words):
    return WORDS if words == "any" else words.split(", ")


def dictionary_of(values):
    return f"dictionary of {family(values)}"


RETURNED = {pandas: table(pandas) for pandas in (1, 2, 3)}


def pattern(cells):
    """Which rows of the table a column of those cells falls under."""
    if not cells:
        return "no rows"
    lost = cells.count(None)
    return "all present" if lost == 0 else "all missing" if lost == len(cells) else "some missing"


def assert_documented(old, new, cells, words, pandas):
    """The type of what came back is the documented one. cells: of the column; words: of its dictionary, if it is one."""
    returned = RETURNED[pandas]
    if not pa.types.is_dictionary(old.type):
        assert family(new.type) == returned[family(old.type), pattern(cells)]
        return
    rows, values = "all present" if words else "no rows", dictionary_of(old.type.value_type)
    alone = returned[family(old.type.value_type), rows]  # "as above", the table says of values that have no row of their own
    assert dictionary_of(new.type.value_type) == returned.get((values, rows), f"dictionary of {alone}")
    assert new.type.ordered == old.type.ordered
