# SPDX-License-Identifier: Apache-2.0
"""W15: dies so that the kernel writes its memory into a file; or, with a limit of 0, gives it to the program that the machine has
for that, which runs as root."""
import ctypes
import os
import resource
import subprocess
import sys

from attack import LIBC, in_child, say, tried

EXPECT = {"found": {"signal": -11, "program": -11, "limited": True, "lowered": "ValueError", "files": []},
          "free": {"signal": -11, "program": -11, "limited": True, "lowered": "ok", "files": []}}
PR_SET_DUMPABLE = 4


def die():
    LIBC.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
    tried(resource.setrlimit, resource.RLIMIT_CORE, resource.getrlimit(resource.RLIMIT_CORE))
    ctypes.string_at(0)


def azureml_main():
    signal = in_child(die)
    # Whoever is executed may be dumped again. Not every jail lets it send a signal, not even to itself.
    program = subprocess.run([sys.executable, "-c", "import ctypes; ctypes.string_at(0)"]).returncode
    limited = max(resource.getrlimit(resource.RLIMIT_CORE)) <= 1
    say({"signal": signal, "program": program, "limited": limited,
         "lowered": tried(resource.setrlimit, resource.RLIMIT_CORE, (0, 0)),
         "files": [name for name in os.listdir(".") if "core" in name]})
