# SPDX-License-Identifier: Apache-2.0
"""G6, G10: a descriptor of another process: a signal through it, a descriptor out of it, its memory's advice."""
import os

from attack import all_tried, say, system_call

EXPECT = {
    "found": {"open": "ok", "signal": "EPERM", "take a descriptor": "EPERM", "advice": "EPERM", "namespaces": "EPERM",
              "mrelease": "EPERM"},
    "unscoped": {"signal": "ok"},
    "free": {"open": "ok", "signal": "ok", "take a descriptor": "ok", "advice": "EINVAL", "namespaces": "ok",
             "mrelease": "EINVAL"},
}
SYS_SIGNAL, SYS_GETFD, SYS_SETNS, SYS_MADVISE, SYS_MRELEASE, NEWNS = 424, 438, 308, 440, 448, 0x20000


def azureml_main():
    first = os.pidfd_open(1)
    say(all_tried({
        "open": (os.pidfd_open, os.getpid()), "signal": (system_call, SYS_SIGNAL, first, 0, 0, 0),
        "take a descriptor": (system_call, SYS_GETFD, first, 1, 0), "advice": (system_call, SYS_MADVISE, first, 0, 0, 99, 0),
        "namespaces": (system_call, SYS_SETNS, first, NEWNS), "mrelease": (system_call, SYS_MRELEASE, first, 99),
    }))
