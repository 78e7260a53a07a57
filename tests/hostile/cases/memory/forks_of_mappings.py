# SPDX-License-Identifier: Apache-2.0
"""M: a process with as many mappings as it may have forks, its child does, and so on: the kernel links each mapping with those
of all ancestors, and nothing of that is in any process's figures."""
import ctypes
import mmap
import os
import time

from attack import LIBC, say, system_call

EXPECT = {
    "options": ["--memory", "256M", "--timeout", "60s"], "reason": "limit:memory",
    "like": "the script's processes took .* MiB of memory, more than their limit of 256 MiB",
    "free": {"bounded": False},
}
SYS_MMAP, SYS_MPROTECT, PAGES, PAGE, DEPTH = 9, 10, 40000, 4096, 16
LIBC.syscall.restype = ctypes.c_long  # an address


def split():
    memory = system_call(SYS_MMAP, 0, PAGES * PAGE, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    for page in range(0, PAGES, 2):
        ctypes.memset(memory + page * PAGE, 1, 1)
        system_call(SYS_MPROTECT, memory + page * PAGE, PAGE, mmap.PROT_READ)


def fork_in_a_row(told):
    for _ in range(DEPTH):
        if os.fork():
            return
        os.write(told, b"1")
    time.sleep(1000)


def azureml_main():
    first = os.getpid()
    mine, told = os.pipe()
    split()
    fork_in_a_row(told)
    if os.getpid() != first:
        time.sleep(1000)
    for _ in range(DEPTH):
        os.read(mine, 1)
    time.sleep(8)  # who looks takes his time on a busy machine
    say({"bounded": False})
