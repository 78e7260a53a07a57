# SPDX-License-Identifier: Apache-2.0
"""X5, X6: looks through its whole memory, its environment and its descriptors for what others left: what the job before it, the
canary, had in its memory, the planted secret of the machine, words of the daemon's settings. A single copy of one is a find."""
import ctypes
import os

from attack import say

EXPECT = {"found": {"found": [], "read": True, "its own": [0]}, "no_control": "outside there is no job before it"}
# Of the canary, the neighbour, redis.conf, Redis, quernd.ini. In no copy of this text do they stand as they are.
HIDDEN = ["36343b34272c78603167306d36", "26302634383078623366346c64", "273024203c273025342626",
          "242030273b6f2e3130333420392128", "25342626223a27310a333c3930"]


def regions():
    with open("/proc/self/maps", encoding="utf-8") as file:
        for line in file:
            place, rights = line.split()[:2]
            if "r" in rights and "[v" not in line:
                start, end = (int(part, 16) for part in place.split("-"))
                yield start, end - start


def halves(hidden):
    """The word in two, so that looking for it leaves no copy of it."""
    whole = bytes.fromhex(hidden)
    return tuple(bytes(byte ^ 0x55 for byte in part) for part in (whole[:6], whole[6:]))


def stands_in(data, first, second):
    place = data.find(first)
    while place >= 0:
        if data.startswith(second, place + len(first)):
            return True
        place = data.find(first, place + 1)
    return False


def azureml_main():
    words, found, read = [halves(hidden) for hidden in HIDDEN], set(), 0
    for start, size in list(regions()):
        data = ctypes.string_at(start, size)
        read += size
        found |= {number for number, word in enumerate(words) if stands_in(data, *word)}
    found |= {name for name in os.environ if "QUERN" in name or "REDIS" in name}
    own = b"".join(words[0])
    say({"found": sorted(found, key=str), "read": read > 10 << 20,
         "its own": [number for number, word in enumerate(words) if stands_in(own, *word)]})
