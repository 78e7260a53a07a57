# SPDX-License-Identifier: Apache-2.0
"""W4: changes what Landlock does not cover: mode, owner, times, attributes, length of files of the runtime."""
import os

from attack import all_tried, say

RUNTIME, PLANTED = "/usr/bin/env", "/tmp/planted/open"
EXPECT = {
    "found": {"chmod": "EROFS", "chown": "EPERM", "utime": "EROFS", "setxattr": "EPERM", "truncate": "EACCES",
              "removexattr": "EPERM", "planted, chmod": "EROFS", "planted, utime": "EROFS", "planted, truncate": "EROFS"},
    # Modes and times are left as they are, and whoever changes them is told that all is well.
    "minimal": {"found": {"chmod": "ok", "chown": "EPERM", "utime": "ok", "setxattr": "EPERM", "truncate": "EACCES",
                          "removexattr": "EPERM", "planted, chmod": "ok", "planted, utime": "ok", "planted, truncate": "EACCES"}},
    "free": {"chmod": "EROFS", "chown": "EROFS", "utime": "EROFS", "setxattr": "EROFS", "truncate": "EACCES",
             "removexattr": "EROFS", "planted, chmod": "ok", "planted, utime": "ok", "planted, truncate": "ok"},
}


def azureml_main():
    found = all_tried({
        "chmod": (os.chmod, RUNTIME, 0o777), "chown": (os.chown, RUNTIME, 0, 0), "utime": (os.utime, RUNTIME),
        "setxattr": (os.setxattr, RUNTIME, "user.x", b"y"), "truncate": (os.truncate, RUNTIME, 0),
        "removexattr": (os.removexattr, RUNTIME, "user.x"), "planted, chmod": (os.chmod, PLANTED, 0o600),
        "planted, utime": (os.utime, PLANTED), "planted, truncate": (os.truncate, PLANTED, 0),
    })
    if found["truncate"] == "EROFS":  # what Linux before 6.14 looks at first
        found["truncate"] = "EACCES"
    say(found)
