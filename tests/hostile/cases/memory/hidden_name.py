# SPDX-License-Identifier: Apache-2.0
"""M4: memory files that are mapped and open nowhere, with names of line feeds, which take four bytes each in the list of
mappings: a reader of lines finds the end of a name where it expects the next mapping."""
import ctypes
import mmap
import os
import time

from attack import LIBC

EXPECT = {
    "options": ["--memory", "256M", "--timeout", "60s"], "reason": "limit:memory",
    "like": r"the script's processes took \d+ MiB of memory, more than their limit of 256 MiB",
    "or": "exception",  # where a script makes no memory files
    "no_control": "outside nobody counts",
}
BYTES = 128 << 20


def fill():
    fd = os.memfd_create("\n" * 240)
    os.ftruncate(fd, BYTES)
    memory = LIBC.mmap(None, ctypes.c_size_t(BYTES), mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED, fd, ctypes.c_long(0))
    os.close(fd)
    ctypes.memset(memory, 1, BYTES)


def azureml_main():
    LIBC.mmap.restype = ctypes.c_void_p
    os.close(os.memfd_create("one"))
    for _ in range(4):
        if os.fork() == 0:
            fill()
            time.sleep(1000)
    time.sleep(1000)
