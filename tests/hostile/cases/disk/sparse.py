# SPDX-License-Identifier: Apache-2.0
"""D4: a file of more bytes than there are disks, without any of them."""
import os

from attack import say, tried

EXPECT = {"found": {"1 EB": "EFBIG", "seek": "EFBIG", "a gigabyte": "ok"},
          "free": {"1 EB": "EFBIG", "seek": "EFBIG", "a gigabyte": "ok"}}


def write_far(fd):
    os.lseek(fd, 1 << 60, os.SEEK_SET)
    os.write(fd, b"x")


def azureml_main():
    import signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    fd = os.open("sparse", os.O_CREAT | os.O_RDWR)
    say({"1 EB": tried(os.ftruncate, fd, 1 << 60), "seek": tried(write_far, fd), "a gigabyte": tried(os.ftruncate, fd, 1 << 30)})
