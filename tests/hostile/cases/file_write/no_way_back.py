# SPDX-License-Identifier: Apache-2.0
"""W9: makes its work directory hard to remove: without rights, renamed, gone, full of what cannot be entered."""
import os

from attack import all_tried, say

EXPECT = {
    "found": {"rename": "EROFS", "remove": "EROFS", "closed": "ok", "its mode": "ok"},
    "minimal": {"found": {"rename": "EACCES", "remove": "EACCES", "closed": "ok", "its mode": "ok"}},
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
    here, path = os.open(".", os.O_RDONLY), os.getcwd()
    other = os.path.join(os.path.dirname(path), "other")
    found = all_tried({"rename": (os.rename, path, other), "remove": (os.rmdir, path), "closed": (closed,)})
    os.fchdir(here)
    say({**found, **all_tried({"its mode": (os.fchmod, here, 0)})})
