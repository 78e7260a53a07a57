# SPDX-License-Identifier: Apache-2.0
"""C1: a loop without end, against the limit of CPU time, whose signal is ignored (T5)."""
import signal

EXPECT = {
    "options": ["--cpu", "1s", "--timeout", "60s"],
    "reason": "limit:cpu", "message": "the script used more than its CPU time limit of 1 s", "free": None, "end": "no end",
}


def azureml_main():
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    while True:
        pass
