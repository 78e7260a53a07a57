# SPDX-License-Identifier: Apache-2.0
"""D6: output without end on both streams, in lines and without (D8)."""
import os

from attack import say

EXPECT = {
    "found": None, "free": None,
    "record": {"stdout": {"bytes": 25165897, "truncated": True}, "stderr": {"bytes": 25165824, "truncated": True}},
}


def azureml_main():
    piece = b"x" * (1 << 20)
    for number in range(48):
        os.write(1 + number % 2, piece + (b"\n" if number % 4 == 0 else b""))
    print()
    say({"written": 48})
