# SPDX-License-Identifier: Apache-2.0
"""P6: a grandchild holds the output open when the script has ended, and would hold up who reads to the end."""
import os
import time

from attack import say

EXPECT = {"found": {"ended": True}, "free": {"ended": True}}


def azureml_main():
    if os.fork() == 0:
        os.setsid()
        time.sleep(1000)
    say({"ended": True})
