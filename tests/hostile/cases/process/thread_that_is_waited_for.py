# SPDX-License-Identifier: Apache-2.0
"""P14: a thread without end that Python waits for when a program ends: quern does so, too, and the time limit ends it."""
import threading
import time

EXPECT = {
    "options": ["--timeout", "2s"],
    "reason": "limit:time", "message": "the script ran longer than its time limit of 2 s", "free": None, "end": "no end",
}


def stay():
    while True:
        time.sleep(0.1)


def azureml_main():
    threading.Thread(target=stay).start()
