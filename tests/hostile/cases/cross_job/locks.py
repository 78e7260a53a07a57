# SPDX-License-Identifier: Apache-2.0
"""X7: locks on files of the runtime that all jobs see: what one holds, another can ask for. This channel is open, and written
down: who shares a zygote can tell one another bits by it. Their own files can be locked, which SQLite and joblib need."""
import fcntl

from attack import say, tried

EXPECT = {"found": {"flock": "ok", "record lock": "ok", "own": "ok"}, "free": {"flock": "ok", "record lock": "ok", "own": "ok"}}


def azureml_main():
    shared, own = open("/usr/lib/os-release", "rb"), open("own", "w", encoding="ascii")
    say({"flock": tried(fcntl.flock, shared, fcntl.LOCK_EX | fcntl.LOCK_NB),
         "record lock": tried(lambda: fcntl.lockf(shared, fcntl.LOCK_SH | fcntl.LOCK_NB)),
         "own": tried(fcntl.lockf, own, fcntl.LOCK_EX)})
