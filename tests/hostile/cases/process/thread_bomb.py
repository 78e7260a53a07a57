# SPDX-License-Identifier: Apache-2.0
"""P4: a hundred thousand threads."""
import threading

from attack import say

EXPECT = {"found": {"ended with": "RuntimeError", "bounded": True}, "free": {"ended with": "RuntimeError", "bounded": True}}


def azureml_main():
    gate = threading.Event()
    threading.stack_size(1 << 16)
    count, ended = 0, "no end"
    try:
        for count in range(100000):
            threading.Thread(target=gate.wait, daemon=True).start()
    except RuntimeError as error:
        ended = type(error).__name__
    gate.set()
    say({"ended with": ended, "bounded": count < 700})
