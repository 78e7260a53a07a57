# SPDX-License-Identifier: Apache-2.0
"""D3: fills a file that has no name any more and is open nowhere, only mapped: neither a look at the work directory nor one at
the open files finds it."""
import ctypes
import mmap
import os
import time

from attack import LIBC, say

EXPECT = {
    "options": ["--disk", "32M"], "reason": "limit:disk",
    "message": "a page of a mapped file was missing, and the disk is full (the limit is 32 MiB in 65536 files, 4 GiB each)",
    "minimal": {"reason": None, "message": None, "found": {"written": 128}},
    "not_stopped": {"minimal": "fill the disk by files that have no name and are open nowhere (mapped, or on their way through a "
                               "socket), until it ends"},
    "free": {"written": 128},
}
BYTES = 128 << 20


def azureml_main():
    fd = os.open("f", os.O_CREAT | os.O_RDWR)
    os.unlink("f")
    os.ftruncate(fd, BYTES)
    LIBC.mmap.restype = ctypes.c_void_p
    memory = LIBC.mmap(None, ctypes.c_size_t(BYTES), mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED, fd, ctypes.c_long(0))
    os.close(fd)
    ctypes.memset(memory, 1, BYTES)
    time.sleep(1)
    say({"written": BYTES >> 20})
