# SPDX-License-Identifier: Apache-2.0
"""P14: threads that go on when the script has returned, some in the middle of a calculation."""
import threading

import numpy as np

from attack import say

EXPECT = {"found": {"ended": True}, "free": {"ended": True}}


def compute():
    while True:
        np.ones(1000).sum()


def azureml_main():
    for _ in range(3):
        threading.Thread(target=compute, daemon=True).start()
    say({"ended": True})
