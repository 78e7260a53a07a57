# SPDX-License-Identifier: Apache-2.0
"""M4: memory files that are open and mapped nowhere: no figure of a process has them."""
import os

from attack import say, tried

EXPECT = {
    "options": ["--memory", "256M", "--timeout", "30s"],
    "found": {"ended with": "ENOSYS", "held": 0}, "free": {"ended with": "ok", "held": 768},
    "cgroup": {"found": None, "reason": "limit:memory",
               "like": "the script's processes took .* MiB of memory, more than their limit of 256 MiB"},
}
MIB = 1 << 20
FILES = []


def fill():
    for _ in range(12):
        FILES.append(os.memfd_create("m"))
        for _ in range(64):
            os.write(FILES[-1], bytes(MIB))


def azureml_main():
    say({"ended with": tried(fill), "held": sum(os.fstat(file).st_size for file in FILES) // MIB})
