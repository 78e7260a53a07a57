# SPDX-License-Identifier: Apache-2.0
"""The warm-up of a zygote: a small job of our own, and the state in which children find the interpreter."""
import gc
import io
import os
import platform
import sys
import tempfile
import warnings

WORK_DIRECTORY = "/run/job"
CSV = "a,b,c\n1,2.5,x\n2,,y\n3,4.5,\n"
SCRIPT = "def azureml_main(dataframe1=None, dataframe2=None):\n    return dataframe1,\n"


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


def touch():
    """Compiles and runs a script over a small frame, so that the pages and caches which every job needs are there."""
    namespace = {"__name__": "warm"}
    exec(compile(SCRIPT, "<warm>", "exec"), namespace)
    pandas = sys.modules.get("pandas")
    if pandas is None:
        namespace["azureml_main"]()
        return
    with warnings.catch_warnings():
        frame = pandas.read_csv(io.StringIO(CSV))
        frame["d"] = frame["a"] * 2 + frame["b"]
        namespace["azureml_main"](frame)[0].to_numpy()


def settle():
    """The last step before forking: nothing of the zygote's own directories stays, and all objects are frozen, because
    one full collection in a child would otherwise copy the whole heap."""
    tempfile.tempdir = None
    os.environ.pop("MPLCONFIGDIR", None)
    os.environ["HOME"] = os.environ["TMPDIR"] = WORK_DIRECTORY
    gc.collect()
    gc.freeze()
