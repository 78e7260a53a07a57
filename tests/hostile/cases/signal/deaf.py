# SPDX-License-Identifier: Apache-2.0
"""G4: ignores every signal and loops."""
import signal

EXPECT = {
    "options": ["--timeout", "1s"],
    "reason": "limit:time", "message": "the script ran longer than its time limit of 1 s", "free": None, "end": "no end",
    "short": True,
}


def azureml_main():
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            continue
    signal.pthread_sigmask(signal.SIG_SETMASK, range(1, 65))
    while True:
        pass
