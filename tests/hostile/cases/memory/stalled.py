# SPDX-License-Identifier: Apache-2.0
"""M15: makes who touches its memory wait for ever: userfaultfd, a FUSE file system; the result would be read from there."""
from attack import all_tried, say, system_call

EXPECT = {"found": {"userfaultfd": "EPERM", "/dev/userfaultfd": "EACCES", "/dev/fuse": "EACCES"},
          "free": {"userfaultfd": "ok", "/dev/userfaultfd": "EACCES", "/dev/fuse": "EACCES"}}
SYS_USERFAULTFD, USER_MODE_ONLY = 323, 1


def azureml_main():
    say(all_tried({"userfaultfd": (system_call, SYS_USERFAULTFD, USER_MODE_ONLY), "/dev/userfaultfd": (open, "/dev/userfaultfd"),
                   "/dev/fuse": (open, "/dev/fuse", "r+b")}))
