# SPDX-License-Identifier: Apache-2.0
"""A case of the corpus: cases/GROUP/NAME.py. Its docstring tells the attack; its constant EXPECT, which is read and never
run here, what must come of it:

    reason   the word of schemas/words.def that the record has; None (the default): succeeded
    message  the record's message, or   like: a regular expression for the whole of it
    found    what the script said in the jail, as a dict
    user     those of the above that differ at level user, where all children have one uid: the user's; and at minimal
    minimal  those that differ at level minimal, where there are no namespaces
    cgroup   those that differ where the kernel counts the memory of a job (QUERN_BOUND)
    untruncated  those of `found` that differ where Landlock knows no truncation (before Linux 6.2), and the filter stands in
    unscoped     those of `found` that differ at level user where Landlock has no scope (before Linux 6.12), and the first process
                 of the job's tree, which has the same uid and hears no signal, may be sent one
    not_stopped  {level: what the script can all the same, in words}: docs/security.md has them all
    or       another word that the record may have instead, where two watch and either may be the first
    free     what it says without the jail, or   no_control: why that is not tried
    end      how it ends there: "exit 0" (the default), a signal's name, or "no end" in some seconds; neighbour: "alive" (the
             default) or "dead"
    record   a part of the record, as a dict
    returned {text: whether it stands in the file of its first result}
    unseen   texts that a terminal must not get, when the job and what is left of it are shown there
    options  of quern run and submit;   input: True gives it a data frame
    warnings the record's warnings
    short    True: it is one of those that ./dev test runs, through the queue
"""
import ast
import ctypes
import os
import pathlib
import re

from planted import SECRET

HERE = pathlib.Path(__file__).resolve().parent
GROUPS = ("network", "file_read", "file_write", "process", "signal", "memory", "cpu", "disk", "result", "injection",
          "cross_job", "clock")
KEYS = {"reason", "message", "like", "found", "user", "free", "no_control", "end", "neighbour", "options", "input", "minimal", "cgroup", "not_stopped",
        "record", "returned", "unseen", "warnings", "short", "or", "untruncated", "unscoped"}

BOUND = os.environ.get("QUERN_BOUND", "polled")  # what keeps the memory of jobs on this machine
MINIMAL = ("the jail is minimal here: this machine gives no user namespaces (quern doctor); what scripts can see of it then is "
           "told in docs/security.md")
OLD = ("the jail is minimal here: this machine has Landlock of before Linux 5.19 (quern doctor); what an environment imports can "
       "write wherever quern can")
CREATE_RULESET, VERSION = 444, 1  # landlock_create_ruleset(2) tells its version
MOVING, TRUNCATION, SCOPE = 2, 3, 6  # the versions that know them


def landlock_knows(version):
    return ctypes.CDLL(None).syscall(CREATE_RULESET, None, ctypes.c_size_t(0), VERSION) >= version


class Case:
    def __init__(self, path):
        self.path, self.name = path, f"{path.parent.name}/{path.stem}"
        tree = ast.parse(path.read_text())
        self.attack = ast.get_docstring(tree)
        values = [node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EXPECT"]
        self.expect = ast.literal_eval(values[0])
        unknown = self.expect.keys() - KEYS
        assert self.attack and not unknown, f"{path}: a docstring is needed, and {unknown} mean nothing"
        assert ("free" in self.expect) != ("no_control" in self.expect), f"{path}: free, or no_control with the reason"

    def at(self, level):
        """What is expected at that level."""
        lesser = {"user": ["user"], "minimal": ["user", "minimal"]}.get(level, []) + [BOUND]
        expect = {**self.expect, **{key: value for name in lesser for key, value in self.expect.get(name, {}).items()}}
        for key, lacks in (("untruncated", not landlock_knows(TRUNCATION)),
                           ("unscoped", level == "user" and not landlock_knows(SCOPE))):
            if key in expect and lacks:
                expect["found"] = {**expect["found"], **expect[key]}
        return expect

    def options(self, table):
        return [*self.expect.get("options", []), *(["--dataframe1", table] if self.expect.get("input") else [])]


def cases():
    """All, or those that QUERN_HOSTILE names: groups, cases, or "short"."""
    wanted = os.environ.get("QUERN_HOSTILE", "").split()
    found = [Case(path) for group in GROUPS for path in sorted((HERE / "cases" / group).glob("*.py"))]
    if wanted == ["short"]:
        return [case for case in found if case.expect.get("short")]
    return [case for case in found if not wanted or {case.path.parent.name, case.name} & set(wanted)]


def lacks(wanted, found, where="record"):
    """In what a part of a record is not as wanted: sentences."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return [one for key, value in wanted.items() for one in lacks(value, found.get(key), f"{where}.{key}")]
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        return [one for number, pair in enumerate(zip(wanted, found)) for one in lacks(*pair, f"{where}[{number}]")]
    return [] if wanted == found else [f"{where}: expected {wanted!r}, found {found!r}"]


def strange(expect, outcome):
    """What no record, no result and no terminal may show, whatever the verdict: sentences."""
    found = [f"{name}: the planted secret stands in it" for name, data in outcome.files.items() if SECRET.encode() in data]
    if not outcome.is_of_its_time():
        found.append(f"the record's times: {outcome.record.get('started')}, {outcome.record.get('steps')}, it took {outcome.times}")
    found += lacks(expect.get("record", {}), outcome.record)
    result = outcome.files.get("dataset1.arrow", b"")
    found += [f"the result: {text!r} expected: {there}" for text, there in expect.get("returned", {}).items()
              if (text.encode() in result) != there]
    assert not expect.get("unseen") or outcome.shown, "shown nowhere"
    return found + [f"on a terminal: {text!r}" for text in expect.get("unseen", []) if text.encode() in outcome.shown]


def wrong(expect, outcome, level):
    """In what a job's outcome is not as expected: sentences."""
    record, found = outcome.record, strange(expect, outcome)
    if "or" in expect and record.get("reason") == expect["or"]:
        return found
    pairs = {"reason": (expect.get("reason"), record.get("reason", "no record")),
             "level": (level, record.get("jail", {}).get("level", level)),
             "bound": (BOUND, record.get("jail", {}).get("bound", BOUND))}
    if expect.get("message"):
        pairs["message"] = (expect["message"], record.get("message"))
    if "found" in expect:
        pairs["found"] = (expect["found"], outcome.found)
    if "warnings" in expect:
        own = [MINIMAL, *([OLD] if not landlock_knows(MOVING) else [])] if level == "minimal" else []
        pairs["warnings"] = (sorted(expect["warnings"] + own), sorted(record.get("warnings", [])))
    found += [f"{what}: expected {want!r}, found {got!r}" for what, (want, got) in pairs.items() if want != got]
    if "like" in expect and not re.fullmatch(expect["like"], record.get("message") or "", re.S):
        found.append(f"message: expected {expect['like']}, found {record.get('message')!r}")
    return found
