# SPDX-License-Identifier: Apache-2.0
"""What a script finds around it: environment variables, streams, random numbers; and what it leaves behind."""
import atexit
import io
import os
import sys
import threading

from quern import failures, plots, scratch

seeded = 0  # the process that did; a child has another number than its zygote


def set_up(directory):
    """Once, in the child, before any submitted byte is looked at."""
    for name, value in (("HOME", directory), ("TMPDIR", directory), ("MPLBACKEND", "Agg"), ("PYTHONUNBUFFERED", "1"),
                        ("PYTHONIOENCODING", "utf-8")):
        os.environ[name] = value  # update() would ask all subclasses of Mapping whether a tuple is one
    if directory != "/run/job":  # no mounts, and so no /dev/shm of its own: ops/python/shared_memory.c
        os.environ["SHARED_MEMORY_DIRECTORY"] = os.path.join(os.path.dirname(directory), "shm")
    scratch.home = directory
    if "tempfile" in sys.modules:
        sys.modules["tempfile"].tempdir = None
    open_streams()
    seed()
    plots.watch()
    atexit._clear()  # what the zygote's imports registered is the zygote's


def seed():
    """Once per process: the zygote's random numbers and keys are all its children's."""
    global seeded
    if "numpy.random" in sys.modules and seeded != os.getpid():
        sys.modules["numpy.random"].seed()
        seeded = os.getpid()
        if "multiprocessing.process" in sys.modules:
            sys.modules["multiprocessing.process"].current_process().authkey = os.urandom(32)


def open_streams():
    """New ones: the zygote's remember what its descriptors were, a file perhaps, and the job's are pipes or a terminal.

    Output is unbuffered, as with `python3 -u`: what was printed before a crash is in the log.
    """
    sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", errors="replace", closefd=False)
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        raw = io.FileIO(descriptor, "w", closefd=False)
        stream = io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", write_through=True)
        stream.mode = "w"
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def flush():
    """Whatever the script put in the place of the streams."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        try:
            stream.flush()
        except BaseException:
            continue


def waited_for():
    """A hint at processes of the script's that have not ended, or "": the end of a program waits for them, for ever perhaps."""
    try:
        processes = sys.modules["multiprocessing.process"].active_children()
    except Exception:
        return ""
    left = sum(not process.daemon for process in processes)
    return f"hint: the job ends when processes that the script began have ended: {left} of them live\n" if left else ""


def finish():
    """As at the end of a program: pools are told to end, threads that are not daemons waited for, atexit functions run.

    The interpreter's own function for the first two: executors (concurrent.futures, joblib's loky) register with it what
    lets their idle threads go, and these would be waited for in vain. What goes wrong in it is told and ignored, as the
    interpreter does: a process pool of Python 3.11 may trip over its own end.
    """
    try:
        threading._shutdown()
    except Exception as error:
        failures.say("Exception ignored at the end of the script:\n" + failures.report(error, ours=False))
    atexit._run_exitfuncs()
