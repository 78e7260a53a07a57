# SPDX-License-Identifier: Apache-2.0
"""C8: storms of system calls and of changing tasks, so that whoever watches the time gets none."""
import os
import threading

EXPECT = {
    "options": ["--timeout", "2s"],
    "reason": "limit:time", "message": "the script ran longer than its time limit of 2 s", "free": None, "end": "no end",
}


def azureml_main():
    for _ in range(16):
        if os.fork() == 0:
            for _ in range(4):
                threading.Thread(target=storm).start()
            storm()
    storm()


def storm():
    while True:
        os.sched_yield()
        os.getppid()
