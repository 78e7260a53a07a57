# SPDX-License-Identifier: Apache-2.0
"""T6: takes every alarm and timer that a process can have for itself, and keeps them from sounding."""
import signal

EXPECT = {
    "options": ["--timeout", "1s"],
    "reason": "limit:time", "message": "the script ran longer than its time limit of 1 s", "free": None, "end": "no end",
}


def azureml_main():
    for number in (signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF, signal.SIGXCPU):
        signal.signal(number, signal.SIG_IGN)
    for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
        signal.setitimer(timer, 0)
    while True:
        pass
