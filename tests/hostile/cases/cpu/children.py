# SPDX-License-Identifier: Apache-2.0
"""C4, C5: only its children compute, and end before anybody has asked them; the script waits."""
import os

EXPECT = {
    "options": ["--cpu", "1s", "--timeout", "60s"],
    "reason": "limit:cpu", "message": "the script used more than its CPU time limit of 1 s", "free": None, "end": "no end",
}


def azureml_main():
    while True:
        if os.fork() == 0:
            sum(range(100000))
            os._exit(0)
        os.wait()
