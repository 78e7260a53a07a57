# SPDX-License-Identifier: Apache-2.0
"""One job of the glue in a forked process, without zygote and jail: what quern-python's child does after its jail."""
import ctypes
import mmap
import os
import pickle
import sys
from typing import NamedTuple

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def module_directory():
    """Where quern_glue_test was built: QUERN_GLUE_MODULE, else the release build (the dev build's needs sanitizers)."""
    directory = os.environ.get("QUERN_GLUE_MODULE", os.path.join(ROOT, "build", "ops", "python"))
    if not os.path.exists(os.path.join(directory, "_quern.so")):
        raise FileNotFoundError(f"{directory}/_quern.so: build the target quern_glue_test first")
    return directory


sys.path[:0] = [module_directory(), os.path.join(ROOT, "ops", "python")]

import pandas as pd  # noqa: E402

import _quern  # noqa: E402
from quern import columns, entry, frames, names  # noqa: E402

LIMIT = 1 << 32
KINDS = ("dataset", "pickle", "joblib", "json", "text", "bytes", "file")  # by the numbers of schemas/objects.def


class Err(ctypes.Structure):
    """struct err of include/quern/err.h."""

    _fields_ = [("reason", ctypes.c_uint32), ("detail", ctypes.c_int32), ("sys", ctypes.c_int32),
                ("msg", ctypes.c_char * 1024)]


def check(fd):
    """Every rule of include/quern/segment.h, as the worker has it checked."""
    err = Err()
    with mmap.mmap(fd, 0, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE) as memory:
        base = ctypes.c_char.from_buffer(memory)
        library = ctypes.CDLL(_quern.__file__)
        result = library.segment_check(ctypes.byref(base), ctypes.c_uint64(len(memory)), ctypes.byref(err))
        del base
    assert result == 0, err.msg.decode()


def segment(frame, dialect="quern", limit=LIMIT, notes=None):
    """A checked segment of a frame, as a script's result becomes one; the caller closes it."""
    profile = _quern.PROFILE_NS if frames.PANDAS < (2, 0) else _quern.PROFILE_UNITS
    said = notes if notes is not None else []
    fd = os.memfd_create("quern-result")
    try:
        columns.segment(frame, names.columns(frame.columns, dialect), profile, limit,
                        lambda about, text: said.append((about, text)), fd)
        check(fd)
    except BaseException:
        os.close(fd)
        raise
    return fd


def again(frame, notes=None):
    """A frame after the way out and in."""
    fd = segment(frame, notes=notes)
    try:
        return frames.frame(fd)
    finally:
        os.close(fd)


class Ended(NamedTuple):
    """What came of a job. results: {port or name: DataFrame}; objects: {name: (kind, bytes)}; raised: None or a dict; status: of
    the process; traceback: told beside `raised`; in_entry: whether its line stands in azureml_main."""

    results: dict
    notes: list
    raised: object
    out: str
    err: str
    status: int
    objects: dict
    traceback: str
    in_entry: bool


class Recorder:
    """The answers of a job, for the test that started it."""

    def __init__(self):
        self.results, self.objects, self.notes, self.failure = {}, {}, [], None
        self.trace, self.in_entry = "", False

    def note(self, about, text):
        self.notes.append((about, text))

    def file(self):
        return os.memfd_create("result")

    def result(self, port, name, rows, fd):
        check(fd)
        made = frames.frame(fd)
        assert len(made) == rows
        self.results[port or name] = made.copy(deep=True)

    def object(self, name, kind, fd):
        self.objects[name] = (KINDS[kind], os.pread(fd, os.fstat(fd).st_size, 0))

    def traceback(self, text):
        self.trace = text

    def raised(self, reason, detail, kind, message, line, in_entry, met):
        self.in_entry = in_entry
        self.failure = {"reason": reason, "detail": detail, "type": kind, "message": message, "line": line}


def given(port, made, parameter=""):
    return port, segment(made), f"input{port}", "dataset", parameter


def objects(directory, named):
    """named: {parameter: DataFrame or (kind, bytes)}, at the ports from 40."""
    found = []
    for port, (parameter, value) in enumerate(named.items(), 40):
        if isinstance(value, pd.DataFrame):
            found.append(given(port, value, parameter))
            continue
        path = os.path.join(directory, f"{parameter}.object")
        with open(path, "wb") as file:
            file.write(value[1])
        found.append((port, os.open(path, os.O_RDONLY), f"{parameter}.object", value[0], parameter))
    return found


def run(directory, script, inputs=(), named={}, **options):
    """Runs a script (text or bytes). inputs: {port: DataFrame} or frames in order; named: as objects() has it. Result: Ended."""
    work = os.path.join(directory, "work")
    os.mkdir(work)
    ports = inputs if isinstance(inputs, dict) else dict(enumerate(inputs, 1))
    call = {"task": "run", "id": "j1", "requests": -1, "dialect": "quern", "strict": False, "debug": False, "legacy": False,
            "streams": True, "profile": _quern.PROFILE_NS, "limit": LIMIT, "directory": work,
            "script": script if isinstance(script, bytes) else script.encode(), "script_name": "script.py",
            "bundle": -1, "bundle_name": "", "bundle_ceilings": (10000, 200, 1 << 30), "table": -1,
            "table_name": "", "separator": ",", "header": True, "columns": [], "params": {},
            "inputs": [given(port, made) for port, made in sorted(ports.items())] + objects(directory, named)}
    call.update(options)
    try:
        return fork(directory, call)
    finally:
        for _, fd, *_ in call["inputs"]:
            os.close(fd)


def fork(directory, call):
    told = os.path.join(directory, "answers")
    process = os.fork()
    if process == 0:
        child(directory, call, told)
    _, status = os.waitpid(process, 0)
    recorder = Recorder()
    if os.path.exists(told):
        with open(told, "rb") as file:
            recorder = pickle.load(file)
    return Ended(recorder.results, recorder.notes, recorder.failure, read(directory, "out"), read(directory, "err"),
                 os.waitstatus_to_exitcode(status), recorder.objects, recorder.trace, recorder.in_entry)


def read(directory, name):
    with open(os.path.join(directory, name), encoding="utf-8") as file:
        return file.read()


def child(directory, call, told):
    """Never returns."""
    status = 99
    try:
        for number, name in ((1, "out"), (2, "err")):
            fd = os.open(os.path.join(directory, name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
            os.dup2(fd, number)
            os.close(fd)
        sys.stdout = sys.__stdout__ = open(1, "w", closefd=False)
        sys.stderr = sys.__stderr__ = open(2, "w", closefd=False)
        os.chdir(call["directory"])
        recorder = Recorder()
        entry.get_ready(call["directory"])
        entry.run(call, recorder)
        with open(told, "wb") as file:
            pickle.dump(recorder, file)
        status = 0
    finally:
        os._exit(status)
