# SPDX-License-Identifier: Apache-2.0
"""P5: a process whose parent is the script's own (CLONE_PARENT): nobody knows of it, so that nobody buries it, and the first
process of its tree, which dies last, would wait for that for ever."""
import os

from attack import say, system_call, tried

EXPECT = {"found": {"sibling": "EPERM"}, "free": {"sibling": "ok"}}
SYS_CLONE, SIGCHLD, CLONE_PARENT = 56, 17, 0x8000


def sibling():
    if system_call(SYS_CLONE, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0) == 0:
        os._exit(0)


def azureml_main():
    say({"sibling": tried(sibling)})
