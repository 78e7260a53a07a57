# SPDX-License-Identifier: Apache-2.0
"""What is no table, as outputs and inputs: models, JSON, text, bytes, files (schemas/objects.def).

Loading a pickle runs what its author wrote: it happens here, in the jail of the job that asked for it, and nowhere else.
"""
import json
import os

import numpy as np
import pandas as pd

import _quern
from quern import failures, foreign

KINDS = {"dataset": 0, "pickle": 1, "joblib": 2, "json": 3, "text": 4, "bytes": 5, "file": 6}
TABLES = (pd.DataFrame, pd.Series, pd.Index, pd.api.extensions.ExtensionArray, np.ndarray)
BYTES = (bytes, bytearray, memoryview)
NUMBERS = (np.bool_, np.integer, np.floating)
PIECE = 1 << 20  # bytes that are copied at a time
DEPTH = 100  # of JSON; what is deeper is pickled
FOLDER = "inputs"  # where inputs that are files stand


class Object:
    """A value that is an output as it is, and no table. kind: one of KINDS, or None: chosen by kind_of()."""

    def __init__(self, value, kind=None):
        if kind is not None and (kind not in KINDS or kind == "dataset"):
            raise ValueError(f"an object cannot be of the kind {kind!r}: expected one of {', '.join(list(KINDS)[1:])}")
        self.value, self.kind = value, kind or kind_of(value)


class File(Object):
    """A file that the script has written."""

    def __init__(self, path):
        super().__init__(os.fspath(path), "file")


def kind_of(value):
    """The kind of an object that nobody said a kind of."""
    if isinstance(value, os.PathLike):
        return "file"
    if isinstance(value, BYTES):
        return "bytes"
    if isinstance(value, str):
        return "text"
    return "json" if is_plain(value) else "pickle"


def is_plain(value, depth=DEPTH):
    """Whether JSON gives it back as it is; numbers of numpy, which fill the dicts of metrics, as equal ones."""
    if value is None or type(value) in (bool, int, float, str) or isinstance(value, NUMBERS):
        return True
    if depth and type(value) is list:
        return all(is_plain(item, depth - 1) for item in value)
    if depth and type(value) is dict:
        return all(type(key) is str and is_plain(item, depth - 1) for key, item in value.items())
    return False


def is_table(value):
    """Whether quern.output() stores it as a dataset."""
    return isinstance(value, TABLES) or foreign.table(value) is not None


def declared(value, kind):
    """What quern.output() keeps: an Object, or what will be a dataset."""
    if kind == "dataset" or isinstance(value, Object) and kind is None or kind is None and is_table(value):
        return value
    return Object(value.value if isinstance(value, Object) else value, kind)


def wrapped(value):
    """The same with models as Objects: they would be text in a table else."""
    if isinstance(value, tuple) and type(value) is tuple:
        return tuple(wrapped(item) for item in value)
    if type(value) is list and any(is_model(item) for item in value):
        return [wrapped(item) for item in value]
    if type(value) is dict and any(is_model(item) for item in value.values()):
        return {key: wrapped(item) for key, item in value.items()}
    return Object(value, "pickle") if is_model(value) else value


def is_model(value):
    """An estimator in the manner of scikit-learn."""
    kind = type(value)
    return kind is not type and callable(getattr(kind, "fit", None)) and any(
        callable(getattr(kind, name, None)) for name in ("predict", "transform"))


# ---- out ----

def store(made, name, limit, fd):
    """Writes the Object `made` into the empty file, at most `limit` bytes."""
    try:
        with open(fd, "wb", closefd=False) as file:
            WRITERS[made.kind](made.value, file)
        check_room(fd, name, limit)
    except BaseException as error:
        if isinstance(error, Exception) and not isinstance(error, (_quern.Failure, MemoryError)) and getattr(
                error, "errno", 0) not in failures.FULL:
            raise TypeError(f"the output {name!r} cannot be stored as {made.kind}: {failures.type_of(error)}: "
                            f"{failures.text_of(error)}") from error
        raise


def check_room(fd, name, limit):
    size = os.fstat(fd).st_size
    if size > limit:
        raise failure(_quern.REASON_LIMIT_OUTPUT, f"the output {name!r} of {size} bytes is larger than its limit of "
                                                f"{_quern.show_bytes(limit)} (--file)")


def failure(reason, text):
    made = _quern.Failure(text)
    made.reason = reason
    return made


def write_pickle(value, file):
    import pickle

    pickle.dump(value, file)


def write_joblib(value, file):
    import joblib

    joblib.dump(value, file)


def write_json(value, file):
    file.write(json.dumps(value, default=plain).encode())


def plain(value):
    """What numpy's numbers and arrays are in JSON."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is nothing that JSON has")


def write_text(value, file):
    if not isinstance(value, str):
        raise TypeError(f"expected a str, found {type(value).__name__}")
    file.write(value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode())


def write_bytes(value, file):
    file.write(value)


def write_file(value, file):
    with open(value, "rb") as source:
        copy(source.fileno(), file.fileno())


WRITERS = {"pickle": write_pickle, "joblib": write_joblib, "json": write_json, "text": write_text, "bytes": write_bytes,
           "file": write_file}


def copy(source, target):
    """All bytes of one descriptor, from its beginning, to another one. The jail may refuse sendfile()."""
    at = 0
    while piece := os.pread(source, PIECE, at):
        at += os.write(target, piece)


# ---- in ----

def loaded(fd, kind, name, place):
    """The value of an input that is an object. name: for people; place: file below the work directory, for the kind file."""
    if kind == "file":
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as file:
            copy(fd, file.fileno())
        return place
    try:
        with open(os.dup(fd), "rb") as file:
            file.seek(0)
            return READERS[kind](file)
    except MemoryError:
        raise
    except Exception as error:
        failures.say(failures.report(error))
        made = failure(_quern.REASON_BAD_INPUT, f"{name}: the {kind} cannot be loaded: {failures.type_of(error)}: "
                                                f"{failures.text_of(error)}")
        made.number = NUMBER
        raise made from error


NUMBER = 49  # of the original, for an input that cannot be used


def read_pickle(file):
    import pickle

    return pickle.load(file)


def read_joblib(file):
    import joblib

    return joblib.load(file)


READERS = {"pickle": read_pickle, "joblib": read_joblib, "json": json.load, "text": lambda file: file.read().decode(),
           "bytes": lambda file: file.read()}
