# SPDX-License-Identifier: Apache-2.0
"""C4, C5: only its children compute, and end before anybody has asked them; the script waits."""
import os

EXPECT = {
    "options": ["--timeout", "2s"],
    "reason": "limit:time", "message": "the script ran longer than its time limit of 2 s", "no_control": "it would not end",
}


def azureml_main():
    while True:
        if os.fork() == 0:
            sum(range(100000))
            os._exit(0)
        os.wait()
