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


def table():
    """{(family, words): family of the type returned}; of a dictionary without its indices and order."""
    found = {}
    for line in (ROOT / "docs" / "types.md").read_text().split("## Refused")[0].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 5 or cells[0].startswith(("Arrow type", "---")):
            continue
        for words in WORDS if cells[1] == "any" else cells[1].split(", "):
            found[family(cells[0]), words] = family(cells[3])
    return found


def dictionary_of(values):
    return f"dictionary of {family(values)}"


RETURNED = table()


def pattern(cells):
    """Which rows of the table a column of those cells falls under."""
    if not cells:
        return "no rows"
    lost = cells.count(None)
    return "all present" if lost == 0 else "all missing" if lost == len(cells) else "some missing"


def assert_documented(old, new, cells, words):
    """The type of what came back is the documented one. cells: of the column; words: of its dictionary, if it is one."""
    if not pa.types.is_dictionary(old.type):
        assert family(new.type) == RETURNED[family(old.type), pattern(cells)]
        return
    rows, values = "all present" if words else "no rows", dictionary_of(old.type.value_type)
    alone = RETURNED[family(old.type.value_type), rows]  # "as above", the table says of values that have no row of their own
    assert dictionary_of(new.type.value_type) == RETURNED.get((values, rows), f"dictionary of {alone}")
    assert new.type.ordered == old.type.ordered
