# SPDX-License-Identifier: Apache-2.0
"""P5: children that nobody buries, up to the limit."""
import os
import time

from attack import say

EXPECT = {
    "found": {"many": True},
    "user": {"or": "limit:processes"},
    "free": {"many": True},
}


def azureml_main():
    count = 0
    try:
        while True:
            if os.fork() == 0:
                os._exit(0)
            count += 1
    except OSError:
        time.sleep(0.1)
    say({"many": count > 100})
