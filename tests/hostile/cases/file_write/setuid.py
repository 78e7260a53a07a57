# SPDX-License-Identifier: Apache-2.0
"""W5: a program of its own with somebody else's rights: setuid, setgid, file capabilities."""
import os
import shutil

from attack import all_tried, say

EXPECT = {  # a mode at creation is not looked at: on a mount without setuid, after no_new_privs, it means nothing
    "found": {"setuid": "EPERM", "setgid": "EPERM", "setuid, fchmod": "EPERM", "on creation": "0o104700", "capability": "EPERM",
              "mkdir": "ok"},
    "user": {"found": {"setuid": "ok", "setgid": "ok", "setuid, fchmod": "ok", "on creation": "0o104700", "capability": "EPERM",
                       "mkdir": "ok"}},
    "free": {"setuid": "ok", "setgid": "ok", "setuid, fchmod": "ok", "on creation": "0o104700", "capability": "ok",
             "mkdir": "ok"},
}
CAPABILITY = bytes.fromhex("010000020004000000000000" + "0000000000000000")  # version 2, effective, CAP_CHOWN...


def azureml_main():
    shutil.copy("/usr/bin/id", "id")
    fd = os.open("new", os.O_CREAT | os.O_WRONLY, 0o4700)
    found = all_tried({
        "setuid": (os.chmod, "id", 0o4755), "setgid": (os.chmod, "id", 0o2755), "setuid, fchmod": (os.fchmod, fd, 0o4755),
        "capability": (os.setxattr, "id", "security.capability", CAPABILITY), "mkdir": (os.mkdir, "d", 0o4777),
    })
    os.unlink("new")
    os.close(os.open("new", os.O_CREAT | os.O_WRONLY, 0o4700))
    say({**found, "on creation": oct(os.stat("new").st_mode)})
