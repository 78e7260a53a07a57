# SPDX-License-Identifier: Apache-2.0
"""R8: links to the outside, made in the work directory and then opened."""
import os

from attack import all_tried, say

EXPECT = {
    "found": {"symbolic": "EACCES", "directory": "EACCES", "hard": "EXDEV", "hard, by descriptor": "EXDEV"},
    "free": {"symbolic": "ok", "directory": "ok", "hard": "EXDEV", "hard, by descriptor": "EXDEV"},
}


def symbolic():
    os.symlink("/etc/passwd", "link")
    open("link").close()


def directory():
    os.symlink("/etc", "there")
    open("there/passwd").close()


def hard():
    os.link("/usr/bin/env", "env")


def by_descriptor():
    fd = os.open("/usr/bin/env", os.O_RDONLY)
    os.link(f"/proc/self/fd/{fd}", "copy", follow_symlinks=True)


def azureml_main():
    say(all_tried({"symbolic": (symbolic,), "directory": (directory,), "hard": (hard,),
                   "hard, by descriptor": (by_descriptor,)}))
