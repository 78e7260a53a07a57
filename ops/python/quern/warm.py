# SPDX-License-Identifier: Apache-2.0
"""The warm-up of a zygote: a small job of our own, and the state in which children find the interpreter."""
import gc
import importlib.util
import io
import os
import platform
import sys
import warnings

from quern import columns, frames, results

PROFILE, LIMIT = 1, 1 << 20  # of the segment of touch(), which nobody else sees
CSV = "a,b,c\n1,2.5,x\n2,,y\n3,4.5,\n"
FRAMES = []  # of rehearse(), for touch()
SCRIPT = "def azureml_main(dataframe1=None, dataframe2=None):\n    return dataframe1\n"


def versions():
    """The versions of Python and pandas as {name: text}; pandas is missing where it is not installed."""
    found = {"python": platform.python_version()}
    if "pandas" in sys.modules:
        found["pandas"] = sys.modules["pandas"].__version__
        return found
    from importlib import metadata
    try:
        found["pandas"] = metadata.version("pandas")
    except metadata.PackageNotFoundError:
        pass
    return found


def rehearse():
    """Once, in the zygote: what pandas loads only when it is used first, and the parts of touch()."""
    import pandas

    with warnings.catch_warnings():
        frame = pandas.read_csv(io.StringIO(CSV))
        frame["d"] = frame["a"] * 2 + frame["b"]
        frame.groupby("a").sum(numeric_only=True)
        frame.describe()
    FRAMES.append(frame[["b", "c"]])
    touch()


def touch():
    """The way of a job in small: a frame becomes a segment and a frame again, a script is loaded and called. In a child,
    it makes the copies of pages that its fork owes before anybody waits for them. Nothing of it stays."""
    segment = columns.segment(FRAMES[0], ("b", "c"), PROFILE, LIMIT, silent)
    try:
        frame = frames.frame(segment, silent)
    finally:
        os.close(segment)
    module = importlib.util.module_from_spec(importlib.util.spec_from_file_location("warm_script", "warm_script.py"))
    exec(compile(SCRIPT, "<warm>", "exec", dont_inherit=True), module.__dict__)
    results.outputs(module.azureml_main(frame), "quern", silent)


def silent(about, text):
    """Takes a note."""


def settle():
    """The last step before forking: all objects are frozen, because one full collection in a child would otherwise copy
    the whole heap."""
    gc.collect()
    gc.freeze()
