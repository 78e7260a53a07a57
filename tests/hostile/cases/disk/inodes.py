# SPDX-License-Identifier: Apache-2.0
"""D5: files without bytes, until there is no room for names."""
from attack import say

EXPECT = {
    "reason": "limit:disk",
    "like": r"\[Errno 28\] No space left on device: 'f[0-9]+' \(the limit is 1 GiB in 65536 files, 4 GiB each\)",
    "minimal": {"like": "the script made more than its limit of 65536 files"},
    "not_stopped": {"minimal": "make more files than its limit, for as long as it takes until somebody looks"},
    "free": {"made": 100000},
}


def azureml_main():
    for number in range(100000):
        with open(f"f{number}", "x", encoding="ascii"):
            pass
    say({"made": 100000})
