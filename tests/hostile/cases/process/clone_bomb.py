# SPDX-License-Identifier: Apache-2.0
"""P3: the same with raw clone() and vfork(), without Python's and the C library's help; the flag that hides from tracers."""
import errno
import os
import time

from attack import say, system_call

EXPECT = {"found": {"clone": "EAGAIN", "clone3": "ENOSYS", "untraced": "EAGAIN"},
          "free": {"clone": "EAGAIN", "clone3": "EINVAL", "untraced": "EAGAIN"}}
SYS_CLONE, SYS_CLONE3, SIGCHLD, CLONE_UNTRACED = 56, 435, 17, 0x800000


def bomb(flags):
    for _ in range(5000):
        try:
            if system_call(SYS_CLONE, flags | SIGCHLD, 0, 0, 0, 0) == 0:
                time.sleep(100)
                os._exit(0)
        except OSError as error:
            return errno.errorcode[error.errno]
    return "no end"


def azureml_main():
    try:
        system_call(SYS_CLONE3, 0, 0)
    except OSError as error:
        clone3 = errno.errorcode[error.errno]
    say({"clone": bomb(0), "untraced": bomb(CLONE_UNTRACED), "clone3": clone3})
