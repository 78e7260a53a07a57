# SPDX-License-Identifier: Apache-2.0
"""M3: memory that is shared and has no file: anonymous maps."""
import mmap

from attack import say, tried

EXPECT = {
    "options": ["--memory", "256M"],
    "found": {"ended with": "ENOMEM", "bounded": True},
    "free": {"ended with": "ok", "bounded": False},
}
KEPT = []


def fill():
    for _ in range(64):
        KEPT.append(mmap.mmap(-1, 16 << 20))
        for page in range(0, 16 << 20, 4096):
            KEPT[-1][page] = 1


def azureml_main():
    say({"ended with": tried(fill), "bounded": len(KEPT) < 20})
