# SPDX-License-Identifier: Apache-2.0
"""C2: one instruction that takes for ever: a number with more digits than there is time."""

EXPECT = {
    "options": ["--timeout", "1s"],
    "reason": "limit:time", "message": "the script ran longer than its time limit of 1 s", "free": None, "end": "no end",
}


def azureml_main():
    return str(10 ** (10 ** 8) + 1)
