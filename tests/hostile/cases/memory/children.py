# SPDX-License-Identifier: Apache-2.0
"""M10, M17: children, each below the limit, take what the job has not; the script itself takes nothing, and would outlive them."""
import os
import time

EXPECT = {
    "options": ["--memory", "256M", "--timeout", "60s"], "reason": "limit:memory",
    "like": r"the script's processes took \d+ MiB of memory, more than their limit of 256 MiB", "free": None, "end": "no end",
}


def azureml_main():
    for _ in range(8):
        if os.fork() == 0:
            taken = os.urandom(1 << 20) * 96
            time.sleep(1000)
            os._exit(len(taken))
    time.sleep(1000)
