# SPDX-License-Identifier: Apache-2.0
"""G1: kill(-1, SIGKILL): every process that may be signalled dies."""
import os
import signal

from attack import say

EXPECT = {"found": {"alone": True}, "free": {"alone": True}, "neighbour": "dead", "short": True}


def azureml_main():
    try:
        os.kill(-1, signal.SIGKILL)
    except OSError:  # nobody is there, or nobody may be sent any
        pass
    say({"alone": True})
