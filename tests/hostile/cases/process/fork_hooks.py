# SPDX-License-Identifier: Apache-2.0
"""P17: hooks around fork() that fail, fork again and change what quern's own do; they go with the job."""
import os

from attack import in_child, say

EXPECT = {"found": {"child": 5, "again": 5}, "free": {"child": 5, "again": 5}}


def azureml_main():
    os.register_at_fork(before=lambda: [][1], after_in_child=lambda: 1 / 0, after_in_parent=lambda: 1 / 0)
    os.getpid = lambda: 1
    say({"child": in_child(lambda: 5), "again": in_child(lambda: 5)})
