# SPDX-License-Identifier: Apache-2.0
"""docs/security.md has every step of the jail, in its order, in the words of the table that the jail is made from; and all that
hostile scripts are known to achieve, in the words of the scripts."""
import ast
import re

from fleet import ROOT


def test_b_the_page_has_the_steps_of_the_jail():
    table = (ROOT / "ops" / "jail" / "prepare_steps.def").read_text()
    steps = re.findall(r'^STEP\("([^"]+)", \w+, \w+, "([^"]+)",\s*"([^"]+)"\)', table, re.M)
    assert len(steps) == table.count("\nSTEP(")
    rows = "| step | what holds afterwards | at level minimal |\n|---|---|---|\n" + "".join(
        f"| {name} | {what} | {minimal} |\n" for name, what, minimal in steps)
    assert rows in (ROOT / "docs" / "security.md").read_text()


def not_stopped(path):
    """{level: words} of a hostile script."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EXPECT":
            return ast.literal_eval(node.value).get("not_stopped", {})
    return {}


def test_f_the_page_has_what_is_not_stopped():
    cases = ROOT / "tests" / "hostile" / "cases"
    found = [(level, str(path.relative_to(cases).with_suffix("")), words)
             for path in sorted(cases.rglob("*.py")) for level, words in not_stopped(path).items()]
    rows = [f"| {level} | {words} | `{name}` |\n" for at in ("full", "user", "minimal") for level, name, words in found if level == at]
    assert "| level | a script can | case |\n|---|---|---|\n" + "".join(rows) in (ROOT / "docs" / "security.md").read_text()
