# SPDX-License-Identifier: Apache-2.0
"""R4, R9: out of the work directory by `..`, by a directory that is held open, by chdir()."""
import os

from attack import all_tried, say

UP = "../" * 20
EXPECT = {
    "found": {"..": "EACCES", "absolute": "EACCES", "openat of a held directory": "EACCES", "chdir": "EACCES",
              "openat of the root": "EACCES", "/proc/self/root": "EACCES", "/proc/self/cwd/..": "EACCES"},
    "free": {"..": "ok", "absolute": "ok", "openat of a held directory": "ok", "chdir": "ok",
             "openat of the root": "ok", "/proc/self/root": "ok", "/proc/self/cwd/..": "ok"},
}


def at(directory, path):
    fd = os.open(directory, os.O_PATH)
    try:
        os.close(os.open(path, os.O_RDONLY, dir_fd=fd))
    finally:
        os.close(fd)


def changed():
    was = os.open(".", os.O_PATH)
    try:
        os.chdir("/etc")
        open("passwd").close()
    finally:
        os.fchdir(was)


def azureml_main():
    say(all_tried({
        "..": (open, UP + "etc/passwd"), "absolute": (open, "/usr/../etc/passwd"),
        "openat of a held directory": (at, ".", UP + "etc/passwd"), "chdir": (changed,),
        "openat of the root": (at, "/", "etc/passwd"), "/proc/self/root": (open, "/proc/self/root/etc/passwd"),
        "/proc/self/cwd/..": (open, "/proc/self/cwd/" + UP + "etc/passwd"),
    }))
