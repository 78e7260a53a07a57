# SPDX-License-Identifier: Apache-2.0
"""C9: throws what all jobs read out of the machine's cache of files, again and again, and reads it anew."""
import glob
import os
import time

from attack import say, tried

EXPECT = {"found": {"thrown out": ["ok"], "read": True}, "free": {"thrown out": ["ok"], "read": True},
          "not_stopped": {"full": "throw files that it may read, and nobody has mapped, out of the machine's cache",
                          "user": "throw files that it may read, and nobody has mapped, out of the machine's cache",
                          "minimal": "throw files that it may read, and nobody has mapped, out of the machine's cache"}}
SECONDS = 2


def throw_out(path):
    file = os.open(path, os.O_RDONLY)
    try:
        read = len(os.read(file, 1 << 20))
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        return read
    finally:
        os.close(file)


def azureml_main():
    paths = glob.glob("/usr/lib/python3/dist-packages/pandas/**/*.py", recursive=True)
    answers, read, end = set(), 0, time.monotonic() + SECONDS
    while time.monotonic() < end:
        for path in paths:
            answers.add(tried(throw_out, path))
        read += len(paths)
    say({"thrown out": sorted(answers), "read": read > 0})
