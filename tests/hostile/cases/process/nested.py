# SPDX-License-Identifier: Apache-2.0
"""P13, P16, W12: a user namespace of its own, in which it would be root, and a mount over its work directory; and it adopts the
orphans of its tree (PR_SET_CHILD_SUBREAPER), so that they would not come to the first process."""
import os
import time

from attack import LIBC, all_tried, say, system_call

EXPECT = {
    "found": {"unshare": "EPERM", "clone": "EPERM", "mount": "EPERM", "adopts": True},
    "free": {"unshare": "ok", "clone": "ok", "mount": "ok", "adopts": True},
}
SYS_CLONE, SYS_MOUNT, SYS_UNSHARE, SIGCHLD = 56, 165, 272, 17
CLONE_NEWUSER, PR_SET_CHILD_SUBREAPER = 0x10000000, 36


def cloned():
    if system_call(SYS_CLONE, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0) == 0:
        os._exit(0)
    os.wait()


def adopts(script):
    """Whether an orphan below this process gets it as its parent. The orphan stays."""
    LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    heard, told = os.pipe()
    if os.fork() == 0:
        if os.fork() == 0:
            while os.getppid() != script:
                time.sleep(0.001)
            os.write(told, b"x")
            time.sleep(1000)
        os._exit(0)
    return os.read(heard, 1) == b"x"


def azureml_main():
    found = {"adopts": adopts(os.getpid())}
    say(found | all_tried({
        "clone": (cloned,), "mount": (system_call, SYS_MOUNT, b"tmpfs", b".", b"tmpfs", 0, 0),
        "unshare": (system_call, SYS_UNSHARE, CLONE_NEWUSER),
    }))
