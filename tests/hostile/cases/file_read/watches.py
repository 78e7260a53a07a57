# SPDX-License-Identifier: Apache-2.0
"""R17: is told when others use files: inotify, fanotify, leases."""
import fcntl
import os

from attack import all_tried, library_call, say, system_call

EXPECT = {
    "found": {"inotify": "EPERM", "inotify, old": "EPERM", "fanotify": "EPERM", "lease": "EPERM", "notify": "EPERM"},
    "free": {"inotify": "ok", "inotify, old": "ok", "fanotify": "ok", "lease": "ok", "notify": "ok"},
}
SYS_INOTIFY_INIT, FAN_REPORT_FID = 253, 0x200


def command(path, number, value):
    fd = os.open(path, os.O_RDONLY | os.O_CREAT * (path == "own"))
    try:
        fcntl.fcntl(fd, number, value)
    finally:
        os.close(fd)


def azureml_main():
    say(all_tried({"inotify": (library_call, "inotify_init1", 0), "inotify, old": (system_call, SYS_INOTIFY_INIT),
                   "fanotify": (library_call, "fanotify_init", FAN_REPORT_FID, 0),
                   "lease": (command, "own", fcntl.F_SETLEASE, fcntl.F_RDLCK),
                   "notify": (command, "/usr/lib", fcntl.F_NOTIFY, fcntl.DN_ACCESS)}))
