# SPDX-License-Identifier: Apache-2.0
"""W8: a second name for somebody else's file, in the work directory."""
import os

from attack import all_tried, say

EXPECT = {"found": {"runtime": "EXDEV", "planted": "ENOENT", "proc": "EXDEV", "own": "ok"},
          "minimal": {"found": {"runtime": "EXDEV", "planted": "EXDEV", "proc": "EXDEV", "own": "ok"}},
    "free": {"runtime": "EXDEV", "planted": "ok", "proc": "EXDEV", "own": "ok"}}


def azureml_main():
    open("mine", "x", encoding="utf-8").close()
    say(all_tried({"runtime": (os.link, "/usr/bin/env", "a"), "planted": (os.link, "/run/planted/open", "b"),
                   "proc": (os.link, "/proc/self/status", "c"), "own": (os.link, "mine", "d")}))
