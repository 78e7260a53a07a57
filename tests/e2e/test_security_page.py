# SPDX-License-Identifier: Apache-2.0
"""docs/security.md has every step of the jail, in its order, in the words of the table that the jail is made from."""
import re

from fleet import ROOT


def test_b_the_page_has_the_steps_of_the_jail():
    table = (ROOT / "ops" / "jail" / "prepare_steps.def").read_text()
    steps = re.findall(r'^STEP\("([^"]+)", \w+, \w+, "([^"]+)"\)', table, re.M)
    assert len(steps) == table.count("\nSTEP(")
    rows = "| step | what holds afterwards |\n|---|---|\n" + "".join(f"| {name} | {what} |\n" for name, what in steps)
    assert rows in (ROOT / "docs" / "security.md").read_text()
