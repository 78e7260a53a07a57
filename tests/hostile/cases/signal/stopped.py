# SPDX-License-Identifier: Apache-2.0
"""G5: stops itself, so that it does nothing and never ends: no CPU time is used, no signal of an alarm is heard."""
import os
import signal

EXPECT = {
    "options": ["--timeout", "1s"],
    "reason": "limit:time", "message": "the script ran longer than its time limit of 1 s", "free": None, "end": "no end",
}


def azureml_main():
    if os.fork() == 0:
        os.kill(os.getpid(), signal.SIGSTOP)
    os.kill(os.getpid(), signal.SIGSTOP)
