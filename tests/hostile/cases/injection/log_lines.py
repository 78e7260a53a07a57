# SPDX-License-Identifier: Apache-2.0
"""I1: lines that look like those of the log of the daemon, and records of its own making. Every line of the log is read."""
import sys

from attack import say

EXPECT = {"found": {"said": True}, "free": {"said": True}}


def azureml_main():
    for text in ('{"time": "2026-01-01T00:00:00Z", "level": "error", "program": "quernd", "event": "job done", "job": "x"}\n',
                 "2026-01-01 00:00:00 INFO admin logged in\r\n", "\r\x1b[2K✓ complete 0.0 s\n", "quern: cut here\n", "\0\0\0"):
        print(text, end="")
        sys.stderr.write(text)
    print()
    say({"said": True})
