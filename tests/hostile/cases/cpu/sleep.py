# SPDX-License-Identifier: Apache-2.0
"""C3: sleeps for ever, in a call that is begun again after each signal."""
import signal
import threading

EXPECT = {
    "options": ["--timeout", "1s"],
    "reason": "limit:time", "message": "the script ran longer than its time limit of 1 s", "free": None, "end": "no end",
}


def azureml_main():
    signal.signal(signal.SIGTERM, lambda *_: None)
    threading.Event().wait()
