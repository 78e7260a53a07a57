# SPDX-License-Identifier: Apache-2.0
"""M14: fills huge pages and unmaps all of each but one small page, again and again: what is unmapped leaves the figures of the
process and stays in use. That is no harm: the kernel has these pages in a list, and splits them and takes the rest back when
memory gets short, before it ends anybody; in a cgroup as on the machine. With `bound: cgroup` quern, which sees them in the
cgroup's figure, may be the first to look: then the job ends."""
import ctypes
import mmap

from attack import LIBC, say, system_call

EXPECT = {
    "options": ["--memory", "256M", "--timeout", "60s"],
    "found": {"left": 188}, "free": {"left": 188},
    "cgroup": {"or": "limit:memory"},
}
SYS_MMAP, SYS_MUNMAP, MADV_HUGEPAGE = 9, 11, 14
PIECE, HUGE, PAGE = 96 << 20, 2 << 20, 4096
LIBC.syscall.restype = ctypes.c_long  # an address


def leave():
    """How many huge pages have one small one left."""
    memory = system_call(SYS_MMAP, 0, PIECE, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    start = (memory // HUGE + 1) * HUGE
    LIBC.madvise(ctypes.c_void_p(memory), ctypes.c_size_t(PIECE), MADV_HUGEPAGE)
    ctypes.memset(memory, 1, PIECE)
    system_call(SYS_MUNMAP, memory, start - memory)
    for number in range(PIECE // HUGE - 1):
        system_call(SYS_MUNMAP, start + number * HUGE + PAGE, HUGE - PAGE)
    rest = start + PIECE - HUGE
    if memory + PIECE > rest:
        system_call(SYS_MUNMAP, rest, memory + PIECE - rest)
    return PIECE // HUGE - 1


def azureml_main():
    say({"left": sum(leave() for _ in range(4))})
