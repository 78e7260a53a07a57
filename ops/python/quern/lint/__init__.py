# SPDX-License-Identifier: Apache-2.0
"""Reads a script without running any of it, and says what is wrong with it (`quern check`).

Called by glue.c in a jailed process of the environment's interpreter, in which no library is loaded. Nothing here imports
what the script names: modules are looked for, not loaded. What was found is written to stdout, one JSON object per line:
{"line", "column", "level", "code", "text"}, lines and columns from 1, 0: of the whole file; sorted. level: "error" for what
cannot run, "warning" for what is doubtful.
"""
import importlib
import json
import os
import sys
from typing import NamedTuple

import _quern

MOST = 200  # findings
TEXT = 500  # characters of one


class Finding(NamedTuple):
    line: int
    column: int
    level: str
    code: str
    text: str


class Script(NamedTuple):
    """What is read, and what a run of it would be given. tree: of ast; ports: those that are connected, from 1;
    inputs: names of those that have one."""

    source: str
    tree: object
    names: object  # quern.lint.names.Names
    ports: list
    inputs: list
    params: dict
    dialect: str
    legacy: bool
    bundle: bool


def get_ready(directory):
    """As quern.entry.get_ready(): there is nothing to be done before the script is known."""


def run(call, answers):
    """As quern.entry.run(), of the task "lint"."""
    try:
        found = findings(call["script"], call, unpack(call))
    except _quern.Failure as failure:
        answers.raised(failure.reason, getattr(failure, "number", 0), "", str(failure), 0, False, 0)
        return
    write("".join(json.dumps(finding._asdict()) + "\n" for finding in found))


def unpack(call):
    """Where the script will find its modules: its directory and the bundle."""
    bundle = os.path.join(call["directory"], "Script Bundle")
    sys.path += [call["directory"], bundle, os.path.join(bundle, "src")]
    if call["bundle"] < 0:
        return False
    os.mkdir(bundle)
    directory = os.open(bundle, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _quern.unpack_bundle(call["bundle"], directory, call["bundle_ceilings"])
    finally:
        os.close(directory)
    return True


def findings(source, call, bundled):
    """[Finding] of a script (bytes), the first ones."""
    from quern.lint import entry, imports, names, old, params, syntax

    importlib.invalidate_caches()
    text, tree, found = syntax.read(source)
    if tree is not None:
        script = Script(text, tree, names.Names(tree, text), [int(port) for port in call["columns"] if port[0] != "="],
                        [name[1:] for name in call["columns"] if name[0] == "="], call["params"],
                        call["dialect"], call["legacy"], bundled)
        for rules in (entry, imports, old, names, params):
            found += rules.findings(script)
    found = [Finding(*one[:4], one[4][:TEXT]) for one in dict.fromkeys(found)]
    return sorted(found)[:MOST]


def write(text):
    left = text.encode("utf-8", "backslashreplace")
    while left:
        left = left[os.write(1, left):]
