# SPDX-License-Identifier: Apache-2.0
"""The warm-up of a zygote: a small job of our own, and the state in which children find the interpreter."""
import atexit
import gc
import importlib.util
import io
import os
import platform
import warnings

import pandas

from quern import arguments, columns, frames, results, scratch, script, surroundings

PROFILE, LIMIT = 1, 1 << 20  # of the segment of touch(), which nobody else sees
CSV = "a,b,c\n1,2.5,x\n2,,y\n3,4.5,\n"
FRAME = pandas.DataFrame({"b": [2.5, None, 4.5], "c": ["x", "y", None]})  # of touch()
SCRIPT = b"def azureml_main(dataframe1=None, dataframe2=None):\n    return dataframe1\n"


def versions():
    """The versions of Python and pandas as {name: text}."""
    return {"python": platform.python_version(), "pandas": pandas.__version__}


def rehearse():
    """In a zygote of many jobs: what pandas loads only when it is used first, and the parts of touch()."""
    with warnings.catch_warnings():
        frame = pandas.read_csv(io.StringIO(CSV))
        frame["d"] = frame["a"] * 2 + frame["b"]
        frame.groupby("a").sum(numeric_only=True)
        frame.describe()
    touch(os.memfd_create("quern-warm", os.MFD_CLOEXEC))
    gc.collect()


def bring_back():
    """In an environment with `legacy = yes`: before its first job."""
    from quern import legacy

    legacy.prepare()


def touch(file=None):
    """The way of a job in small: a frame becomes a segment and a frame again, a script is loaded and called. In a child,
    it makes the copies of pages that its fork owes before anybody waits for them. Nothing of it stays. file: descriptor for
    the segment, closed; None: in the work directory."""
    file = scratch.file() if file is None else file
    try:
        columns.segment(FRAME, ("b", "c"), PROFILE, LIMIT, silent, file)
        frame = frames.frame(file, silent)
    finally:
        os.close(file)
    importlib.util.decode_source(SCRIPT)
    module = importlib.util.module_from_spec(importlib.util.spec_from_file_location("warm_script", "warm_script.py"))
    exec(compile(SCRIPT, "<warm>", "exec", dont_inherit=True), module.__dict__)
    chosen = arguments.arguments(module.azureml_main, {1: frame}, "quern", silent)
    results.outputs(module.azureml_main(*chosen), "quern", silent)
    script.flush(module)
    surroundings.flush()
    surroundings.seed()


def compiler():
    """What is dearest while the processor's caches are cold."""
    compile(SCRIPT, "<warm>", "exec", dont_inherit=True)


def silent(about, text):
    """Takes a note."""


def settle():
    """The last step before forking: what the imports registered for the end of a program is forgotten, for children
    end otherwise, and all objects are frozen, because one full collection in a child would copy the whole heap."""
    atexit._clear()
    gc.freeze()
