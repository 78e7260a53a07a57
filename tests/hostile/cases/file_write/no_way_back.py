# SPDX-License-Identifier: Apache-2.0
"""W9: makes its work directory hard to remove: without rights, renamed, gone, full of what cannot be entered."""
import os

from attack import all_tried, say

EXPECT = {
    "found": {"rename": "EROFS", "remove": "EROFS", "closed": "ok", "its mode": "ok"},
    "free": {"rename": "ok", "remove": "ENOENT", "closed": "ok", "its mode": "ok"},
}


def closed():
    for _ in range(50):
        os.mkdir("closed")
        fd = os.open("closed", os.O_PATH)
        os.fchdir(fd)
        os.close(fd)
    os.chmod(".", 0)


def azureml_main():
    here = os.open(".", os.O_RDONLY)
    found = all_tried({"rename": (os.rename, "/run/job", "/run/other"), "remove": (os.rmdir, "/run/job"), "closed": (closed,)})
    os.fchdir(here)
    say({**found, **all_tried({"its mode": (os.fchmod, here, 0)})})
