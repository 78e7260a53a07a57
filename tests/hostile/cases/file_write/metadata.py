# SPDX-License-Identifier: Apache-2.0
"""W4: changes what Landlock does not cover: mode, owner, times, attributes, length of files of the runtime."""
import errno
import os

from attack import all_tried, say

RUNTIME, PLANTED = "/usr/bin/env", "/tmp/planted/open"
EXPECT = {
    "found": {"chmod": "EROFS", "chown": "EPERM", "utime": "EROFS", "setxattr": "EPERM", "truncate": "refused",
              "removexattr": "EPERM", "planted, chmod": "EROFS", "planted, utime": "EROFS", "planted, truncate": "refused"},
    # Modes and times are left as they are, and whoever changes them is told that all is well.
    "user": {"found": {"chmod": "ok", "chown": "EPERM", "utime": "ok", "setxattr": "EPERM", "truncate": "refused",
                       "removexattr": "EPERM", "planted, chmod": "ok", "planted, utime": "ok", "planted, truncate": "refused"}},
    "free": {"chmod": "EROFS", "chown": "EROFS", "utime": "EROFS", "setxattr": "EROFS", "truncate": "refused",
             "removexattr": "EROFS", "planted, chmod": "ok", "planted, utime": "ok", "planted, truncate": "ok"},
}


def length(path):
    """By whom it is refused depends on the kernel: its mounts and modes, or our filter where Landlock knows no truncate."""
    try:
        os.truncate(path, 0)
        return "ok"
    except OSError as error:
        return "refused" if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS) else errno.errorcode[error.errno]


def azureml_main():
    found = all_tried({
        "chmod": (os.chmod, RUNTIME, 0o777), "chown": (os.chown, RUNTIME, 0, 0), "utime": (os.utime, RUNTIME),
        "setxattr": (os.setxattr, RUNTIME, "user.x", b"y"), "removexattr": (os.removexattr, RUNTIME, "user.x"),
        "planted, chmod": (os.chmod, PLANTED, 0o600), "planted, utime": (os.utime, PLANTED),
    })
    say(found | {"truncate": length(RUNTIME), "planted, truncate": length(PLANTED)})
