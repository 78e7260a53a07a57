# SPDX-License-Identifier: Apache-2.0
"""The job that must answer the same after each attack: it computes, and tells how it finds its surroundings."""
import builtins
import hashlib
import json
import os
import resource
import signal
import sys
import time
import warnings

import numpy as np
import pandas as pd

LIMITS = ("AS", "FSIZE", "NOFILE", "NPROC", "CORE", "STACK", "MEMLOCK")


# What the next job must not find: on the heap, in memory of its own, in the environment, in a file.
MARK = "canary-" + "5d2e8c"
# Without mounts and process numbers of its own (level minimal) a job has a directory and a number of the machine's.
ALONE = os.getcwd() == "/run/job"


def listed(directory):
    try:
        return sorted(os.listdir(directory))
    except PermissionError:
        return "closed"


def code_of(module):
    """Of its functions written in Python."""
    functions = [(name, value.__code__.co_code) for name, value in vars(module).items() if hasattr(value, "__code__")]
    return hashlib.sha256(repr(sorted(functions)).encode()).hexdigest()


def leave():
    left = [(MARK + str(number)).encode() * 50 for number in range(1000)]
    left.append(np.frombuffer(MARK.encode() * (1 << 16), np.uint8).copy())
    os.environ["MARK"] = MARK
    with open("mark", "w", encoding="ascii") as file:
        file.write(MARK * 1000)
    return left


def azureml_main(dataframe1):
    told = {
        "sum": float(np.sin(np.arange(100000.0)).sum()), "frame": dataframe1.to_csv(index=False),
        "mean": float(pd.Series(range(1000)).rolling(7).mean().sum()),
        "directory": os.getcwd(), "files": sorted(os.listdir(".")), "shm": listed("/dev/shm"),
        "run": listed("/run"), "environment": dict(os.environ), "path": sys.path, "umask": oct(os.umask(0o77)),
        "builtins": sorted(vars(builtins)), "open": repr(builtins.open), "main": code_of(pd), "json": code_of(json),
        "modules": len(sys.modules), "options": np.get_printoptions(), "filters": len(warnings.filters),
        "limits": [resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))[1] for name in LIMITS if name != "AS" and (ALONE or name != "NPROC")],
        # The hour that is usual, and a second more, from where the job began: the child had used some of its own before, rounded up.
        "cpu": 3601 <= resource.getrlimit(resource.RLIMIT_CPU)[1] <= 3602 + time.process_time(),
        "signals": [str(signal.getsignal(number)) for number in (1, 2, 15, 17)], "nice": os.nice(0),
        "pids": [os.getpid(), os.getppid()] if ALONE else [],
        "recursion": sys.getrecursionlimit(), "cpus": sorted(os.sched_getaffinity(0)),
    }
    text = json.dumps(told, sort_keys=True, default=str)
    print(text if ALONE else text.replace(os.path.dirname(os.getcwd()), "/place"))
    leave()
