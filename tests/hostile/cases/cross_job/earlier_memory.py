# SPDX-License-Identifier: Apache-2.0
"""X5, X6: looks through its whole memory, its environment and its descriptors for what others left: the planted secret of the
machine, words of the daemon's settings."""
import os

from attack import say

EXPECT = {"found": {"found": [], "read": True}, "no_control": "the password of Redis is searched for by the harness, too"}
WORDS = [b"requ" + b"irepass", b"sesame" + b"-7f3a91", b"quern:{" + b"default}", b"password" + b"_file"]


def regions():
    with open("/proc/self/maps", encoding="utf-8") as file:
        for line in file:
            place, rights = line.split()[:2]
            if "r" in rights and "[v" not in line:
                start, end = (int(part, 16) for part in place.split("-"))
                yield start, end - start


def azureml_main():
    import ctypes
    found, read = set(), 0
    for start, size in list(regions()):
        data = ctypes.string_at(start, size)
        read += size
        found |= {word.decode() for word in WORDS if data.count(word) > 2}  # this script has it, and its compiled copy
    found |= {name for name in os.environ if "QUERN" in name or "REDIS" in name}
    say({"found": sorted(found), "read": read > 10 << 20})
