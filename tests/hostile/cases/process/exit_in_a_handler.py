# SPDX-License-Identifier: Apache-2.0
"""P15: SystemExit out of a signal handler, in the middle of anything."""
import os
import signal
import sys

EXPECT = {"reason": "exit:7", "message": "SystemExit: the script called sys.exit(7)", "free": None, "end": "exit 7"}


def azureml_main():
    signal.signal(signal.SIGALRM, lambda *_: sys.exit(7))
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    while True:
        os.getpid()
