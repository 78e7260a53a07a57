# SPDX-License-Identifier: Apache-2.0
"""P11: an end that does not end: an exit handler and a destructor without end, behind a subclass of SystemExit."""
import atexit

EXPECT = {
    "options": ["--timeout", "2s"],
    "reason": "limit:time", "message": "the script ran longer than its time limit of 2 s",
    "free": None, "end": "no end",
}


class End(SystemExit):
    def __del__(self):
        while True:
            pass


def for_ever():
    while True:
        pass


def azureml_main():
    atexit.register(for_ever)
    try:
        raise End(0)
    finally:
        for_ever()
