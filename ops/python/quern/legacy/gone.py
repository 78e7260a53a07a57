# SPDX-License-Identifier: Apache-2.0
"""The word of the tables, and what was said of their entries so far."""
import functools
import sys
from typing import NamedTuple

from quern import script


class Gone(NamedTuple):
    """since: the version that lacks it ("pandas 1.0"). now: its modern form. make: a method, property or classmethod of a
    class; a function without arguments that gives the attribute of a module; likewise all names of a module, as a dict."""

    since: str
    now: str
    make: object = None

    def text(self):
        return f"is gone since {self.since}: write {self.now}"


class Uses:
    """Each thing is noted once, with the line of the script or of its bundle that used it first. What other libraries use
    is no business of the script's."""

    def __init__(self):
        self.said, self.note = set(), None

    def begin(self, note):
        self.said, self.note = set(), note

    def use(self, name, gone):
        at = place()
        if self.note is None or name in self.said or not at:
            return
        self.said.add(name)
        self.note("legacy", f"{at}: {name} {gone.text()}")


USES = Uses()


def place():
    """Where in the script or its bundle we are, as "user_script.py:3"; "" when we are not in it."""
    step = sys._getframe(1)
    while step is not None:
        file = step.f_code.co_filename
        if file == script.FILE or f"/{script.BUNDLE}/" in file:
            return f"{file.rpartition('/')[2]}:{step.f_lineno}"
        step = step.f_back
    return ""


def told(name, gone):
    """The method, property or classmethod of the entry, which says its use."""
    make = gone.make
    for kind, plain in ((property, "fget"), (classmethod, "__func__")):
        if isinstance(make, kind):
            return kind(told(name, gone._replace(make=getattr(make, plain))))

    @functools.wraps(make)
    def call(*args, **kwargs):
        USES.use(name, gone)
        return make(*args, **kwargs)

    return call
