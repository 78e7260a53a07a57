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


def test_f_the_page_has_what_a_child_may_read():
    """In the order of ops/jail/paths.c, all of it."""
    source = (ROOT / "ops" / "jail" / "paths.c").read_text()
    lists = {name: re.findall(r'"([^"]+)"', body) for name, body in re.findall(r"(\w+)\[\] = \{(.*?)\};", source, re.S)}
    when = {"readable": "always", "devices": "always, and write", "readable_of_host_proc": "where /proc is the machine's",
            "readable_with_network": "`network = open`"}
    assert lists.keys() == when.keys()
    rows = "".join(f"| {words} | {', '.join(f'`{path}`' for path in lists[name])} |\n" for name, words in when.items())
    assert "| when | a child may read |\n|---|---|\n" + rows in (ROOT / "docs" / "security.md").read_text()
