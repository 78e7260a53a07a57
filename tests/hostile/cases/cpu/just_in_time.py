# SPDX-License-Identifier: Apache-2.0
"""C10: ends a millisecond before its time limit: whichever of the two comes first, the verdict is one of both and whole."""
import time

from attack import say

EXPECT = {"options": ["--timeout", "2s"], "or": "limit:time", "found": {"ended": True}, "free": {"ended": True}}
BEGUN = time.clock_gettime(time.CLOCK_BOOTTIME)


def azureml_main():
    time.sleep(BEGUN + 1.999 - time.clock_gettime(time.CLOCK_BOOTTIME))
    say({"ended": True})
