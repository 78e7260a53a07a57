# SPDX-License-Identifier: Apache-2.0
"""D7: a hundred thousand writes of one byte."""
import os

from attack import say

EXPECT = {"found": {"written": 100000}, "free": {"written": 100000}}


def azureml_main():
    for _ in range(100000):
        os.write(2, b".")
    say({"written": 100000})
