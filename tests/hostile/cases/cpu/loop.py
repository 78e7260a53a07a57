# SPDX-License-Identifier: Apache-2.0
"""C1: a loop without end, against the limit of CPU time, whose signal is ignored (T5)."""
import signal

EXPECT = {
    "options": ["--timeout", "2s"],
    "reason": "limit:time", "message": "the script ran longer than its time limit of 2 s", "no_control": "it would not end",
}


def azureml_main():
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    while True:
        pass
