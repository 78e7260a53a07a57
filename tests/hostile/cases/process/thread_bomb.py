# SPDX-License-Identifier: Apache-2.0
"""P4: a hundred thousand threads."""
import threading
import time

from attack import say

EXPECT = {
    "found": {"ended with": "RuntimeError", "bounded": True},
    "user": {"reason": "limit:processes", "like": r"the script had \d+ processes and threads, more than its limit of 256", "found": None},
    "cgroup": {"reason": None, "like": "", "found": {"ended with": "RuntimeError", "bounded": True}},
    "free": {"ended with": "RuntimeError", "bounded": True},
}


def azureml_main():
    gate = threading.Event()
    threading.stack_size(1 << 16)
    count, ended = 0, "no end"
    try:
        for count in range(100000):
            threading.Thread(target=gate.wait, daemon=True).start()
    except RuntimeError as error:
        ended = type(error).__name__
        if count > 256:  # where the kernel counts for the user, and not for the job, who looks on ends it
            time.sleep(1000)
    gate.set()
    say({"ended with": ended, "bounded": count < 700})
