# SPDX-License-Identifier: Apache-2.0
"""R7: opens again, for writing, what it was given to read: its script, its output, the result's channel."""
import os

from attack import say

EXPECT = {
    "found": {"written": ["null"], "read": ["null"]},
    "user": {"found": {"written": ["null", "pipe", "pipe"], "read": ["null", "pipe", "pipe"]}},  # those of its own output
    "no_control": "what is given is what quern gives",
}


def azureml_main():
    found = {"written": [], "read": []}
    for name in os.listdir("/proc/self/fd"):
        path = f"/proc/self/fd/{name}"
        for mode, flags in (("written", os.O_WRONLY), ("read", os.O_RDONLY)):
            try:
                target = os.path.basename(os.readlink(path)).split(":")[0]
                os.close(os.open(path, flags | os.O_NONBLOCK))
                found[mode].append(target)
            except OSError:
                continue
    say(found)
