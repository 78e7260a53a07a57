# SPDX-License-Identifier: Apache-2.0
"""C2: in C code that never looks up: a regular expression without end, which holds the interpreter's lock."""
import re

EXPECT = {
    "options": ["--timeout", "1s"],
    "reason": "limit:time", "message": "the script ran longer than its time limit of 1 s", "free": None, "end": "no end",
}


def azureml_main():
    re.match(r"(a+)+$", "a" * 64 + "b")
