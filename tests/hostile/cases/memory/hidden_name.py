# SPDX-License-Identifier: Apache-2.0
"""M4: memory in the private copies of files whose names are of line feeds, which take four bytes each in the list of mappings,
in directories of such names: a reader of lines finds the end of a name where it expects the next mapping."""
import ctypes
import mmap
import os
import time

from attack import LIBC

EXPECT = {
    "options": ["--memory", "256M", "--timeout", "60s"], "reason": "limit:memory",
    "like": r"the script's processes took \d+ MiB of memory, more than their limit of 256 MiB",
    "free": None, "end": "no end",
}
BYTES = 96 << 20


def fill():
    for _ in range(6):
        os.mkdir("\n" * 240)
        os.chdir("\n" * 240)
    fd = os.open("\n" * 240, os.O_RDWR | os.O_CREAT)
    os.ftruncate(fd, BYTES)
    memory = LIBC.mmap(None, ctypes.c_size_t(BYTES), mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE, fd, ctypes.c_long(0))
    os.close(fd)
    ctypes.memset(memory, 1, BYTES)


def azureml_main():
    LIBC.mmap.restype = ctypes.c_void_p
    for number in range(4):
        os.mkdir(str(number))
        if os.fork() == 0:
            os.chdir(str(number))
            fill()
            time.sleep(1000)
    time.sleep(1000)
