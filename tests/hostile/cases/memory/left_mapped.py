# SPDX-License-Identifier: Apache-2.0
"""M3: shared memory without a file, filled and unmapped but for one page, again and again: all of it stays, in no process's
figures. Also that of /dev/zero."""
import ctypes
import mmap
import os

from attack import LIBC, all_tried, say, system_call

EXPECT = {
    "options": ["--memory", "256M", "--timeout", "30s"],
    "found": {"anonymous": "EPERM", "/dev/zero": "EACCES"}, "free": {"anonymous": "ok", "/dev/zero": "ok"},
    "cgroup": {"found": None, "reason": "limit:memory",
               "like": "the script's processes took .* MiB of memory, more than their limit of 256 MiB"},
    "short": True,
}
SYS_MMAP, SYS_MUNMAP, PIECE, PAGE = 9, 11, 64 << 20, 4096
LIBC.syscall.restype = ctypes.c_long  # an address


def leave(flags, file):
    for _ in range(12):
        memory = system_call(SYS_MMAP, 0, PIECE, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED | flags, file, 0)
        ctypes.memset(memory, 1, PIECE)
        system_call(SYS_MUNMAP, memory + PAGE, PIECE - PAGE)


def azureml_main():
    say(all_tried({"anonymous": (leave, mmap.MAP_ANONYMOUS, -1),
                   "/dev/zero": (lambda: leave(0, os.open("/dev/zero", os.O_RDWR)),)}))
