# SPDX-License-Identifier: Apache-2.0
"""What to say of a failure beside its traceback: what `quern check` would have said, and what only the moment tells."""
import bdb
import difflib
import errno
import os
import re
import socket
import sys
import types

from quern import script
from quern.lint import imports, names, syntax

ALIASES = {"pd": "import pandas as pd", "np": "import numpy as np", "plt": "import matplotlib.pyplot as plt",
           "sns": "import seaborn as sns", "sklearn": "import sklearn"}
MODULES = "os sys re io math json time datetime random pickle string collections itertools functools logging".split()
PYTHON2 = {("dict", "has_key"): "key in mapping", ("dict", "iteritems"): ".items()", ("dict", "itervalues"): ".values()",
           ("dict", "iterkeys"): ".keys()", ("str", "decode"): "the text itself, or .encode() for bytes"}
MOST = 30  # names that are listed


def of(error):
    """One line, or ""."""
    try:
        for kind, tell in TOLD:
            if isinstance(error, kind):
                return tell(error)
    except Exception:  # an exception is the script's and may do anything when it is looked at
        pass
    return ""


def near(name, known):
    found = difflib.get_close_matches(str(name), [str(one) for one in known], 1, 0.75)
    return f"did you mean '{found[0]}'?" if found else ""


def of_syntax(error):
    own = error.filename == script.FILE or f"/{script.BUNDLE}/" in error.filename
    if own and "codec can't decode" in str(error.msg):
        return "save the file as UTF-8, or name its encoding in the first line: # -*- coding: latin-1 -*-"
    return syntax.advised(str(error.msg), str(error.text or "")) if own else ""


def of_name(error):
    name = str(error.name)
    if name in ALIASES or name in MODULES:
        return f"the name '{name}' is not defined: write {ALIASES.get(name, f'import {name}')} above"
    step = last(error).tb_frame
    return names.strange(name) or near(name, {**step.f_globals, **step.f_locals})


def of_module(error):
    name = str(error.name)
    if name in imports.PYTHON2:
        return f"the module '{name}' is Python 2's: write {imports.PYTHON2[name]}"
    if imports.there(name):
        return ""
    return (f"there is no module '{name.partition('.')[0]}' in this environment: `quern env create` makes one with it, and --bundle "
            "brings modules of your own")


def of_attribute(error):
    owner, name = error.obj, str(error.name)
    if name == script.ENTRY and isinstance(owner, types.ModuleType):
        own = [key for key, value in vars(owner).items() if callable(value) and getattr(value, "__module__", "") == owner.__name__]
        return f"expected a function {name}(dataframe1, dataframe2)" + (f", found {', '.join(sorted(own)[:MOST])}" if own else "")
    if (type(owner).__name__, name) in PYTHON2:
        return f"this is Python 2: write {PYTHON2[type(owner).__name__, name]}"
    if getattr(owner, "__name__", "") == "collections" and hasattr(sys.modules["collections.abc"], name):
        return f"is gone since Python 3.10: write collections.abc.{name}"
    return near(name, dir(owner))


def of_key(error):
    """Of a column that a frame does not have."""
    step = error.__traceback__
    while step is not None:
        frame = step.tb_frame.f_locals.get("self")
        if step.tb_frame.f_code.co_name == "__getitem__" and hasattr(frame, "columns") and error.args[0] not in frame.columns:
            known = [str(one) for one in frame.columns[:MOST]]
            more = "" if len(frame.columns) <= MOST else ", ..."
            lower = {one.strip().lower(): one for one in known}.get(str(error.args[0]).strip().lower())
            text = f"did you mean '{lower}'?" if lower else near(error.args[0], known)
            return f"{text} the columns are {', '.join(known)}{more}".strip()
        step = step.tb_next
    return ""


def of_file(error):
    path = str(error.filename)
    name = re.split(r"[\\/]", path)[-1]
    if os.path.exists(os.path.join(script.BUNDLE, name)):
        return f"it is in the bundle: ./{script.BUNDLE}/{name}"
    if re.match(r"[A-Za-z]:[\\/]", path) or path.startswith("/") or "/" not in path:
        return (f"a job sees no files but its own: --dataframe1 connects tables, and files of --bundle are in ./{script.BUNDLE}")
    return ""


def of_input(error):
    return "a job has no keyboard: give it values with --param NAME=VALUE and read quern.params" if "reading a line" in str(error) else ""


def of_debugger(error):
    return "a job has no terminal: `quern run --pdb` opens the debugger where a script fails, `quern debug JOB` that of a job on a queue"


def of_network(error):
    if not any(is_of_network(one) for one in causes(error)) or has_network():
        return ""
    return ("a job has no network: hand the data over with --dataframe1 or --input, or run in an environment whose descriptor says "
            "network = open")


def is_of_network(error):
    return isinstance(error, socket.gaierror) or getattr(error, "errno", None) == errno.EAFNOSUPPORT


def causes(error, most=20):
    """The error and what it was raised from, also where it only holds it (urllib)."""
    while isinstance(error, BaseException) and most:
        yield error
        error, most = error.__cause__ or error.__context__ or getattr(error, "reason", None), most - 1


def has_network():
    try:
        socket.socket(socket.AF_INET).close()
    except OSError:
        return False
    return True


def last(error):
    step = error.__traceback__
    while step.tb_next is not None:
        step = step.tb_next
    return step


TOLD = ((SyntaxError, of_syntax), (NameError, of_name), (ModuleNotFoundError, of_module), (AttributeError, of_attribute),
        (KeyError, of_key), (FileNotFoundError, of_file), (OSError, of_network), (EOFError, of_input), (bdb.BdbQuit, of_debugger))
