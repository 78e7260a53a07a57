# SPDX-License-Identifier: Apache-2.0
"""M, T4: raises its own limits, and those of its children."""
import resource

from attack import in_child, say, tried

NAMES = ("AS", "FSIZE", "NPROC", "NOFILE", "CPU", "CORE", "MEMLOCK", "MSGQUEUE", "RTPRIO", "NICE", "STACK", "SIGPENDING")
EXPECT = {"found": {"raised": [], "in a child": 0, "unlimited": ["DATA", "RSS"]},
          "no_control": "outside limits are as they are"}


def more(name):
    number = getattr(resource, f"RLIMIT_{name}")
    hard = resource.getrlimit(number)[1]
    resource.setrlimit(number, (hard + 1, hard + 1))
    return hard


def raised():
    return [name for name in NAMES if tried(more, name) == "ok"]


def azureml_main():
    unlimited = [name for name in (*NAMES, "DATA", "RSS")
                 if resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))[1] == resource.RLIM_INFINITY]
    say({"raised": raised(), "in a child": in_child(lambda: len(raised())), "unlimited": unlimited})
