# SPDX-License-Identifier: Apache-2.0
"""R5: what /proc tells everybody of the machine: how it was started, its interrupts, its mounts, who has locks."""
from attack import say, tried

NAMES = ("cmdline", "interrupts", "self/mountinfo", "locks", "kcore", "keys", "kmsg", "sysrq-trigger")
EXPECT = {
    "found": {"machine": ["cmdline", "interrupts", "self/mountinfo", "locks", "keys"]},
    "not_stopped": {"full": "read what /proc tells everybody: the kernel's command line, interrupts, the machine's mounts",
                    "user": "read what /proc tells everybody: the kernel's command line, interrupts, the machine's mounts"},
    "free": {"machine": ["cmdline", "interrupts", "self/mountinfo", "locks", "keys"]},
}


def look(path):
    with open(path, "rb") as file:
        return file.read(1)


def azureml_main():
    say({"machine": [name for name in NAMES if tried(look, f"/proc/{name}") == "ok"]})
