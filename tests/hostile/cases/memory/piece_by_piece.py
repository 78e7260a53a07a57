# SPDX-License-Identifier: Apache-2.0
"""M2: a little more, again and again."""
from attack import say

EXPECT = {
    "options": ["--memory", "256M"],
    "reason": "limit:memory",  # it is at its limit for long: who looks may be the first to say so
    "like": r"the script( needed more than its memory limit|'s processes took .* MiB of memory, more than their limit) of 256 MiB.*",
    "no_control": "it ends where memory does: at a limit of the control's own",
    "short": True,
}


def azureml_main():
    kept = []
    while True:
        kept.append(bytes(range(256)) * 4096)
        if len(kept) > 2048:
            say({"no limit": len(kept)})
            return
