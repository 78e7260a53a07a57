# SPDX-License-Identifier: Apache-2.0
"""M: processes that do not stay: each forks and ends, so that who goes by a list of them finds none of it; before them in that
list are many that take time to look at."""
import mmap
import os
import signal
import time

from attack import LIBC, say

EXPECT = {
    "options": ["--memory", "384M", "--timeout", "60s"], "reason": "limit:memory",
    "like": "the script's processes took .* MiB of memory, more than their limit of 384 MiB",
    "free": {"bounded": False},
}
IDLE, HOGS, BYTES, HUGE, STAY_US, ALL_SECONDS = 180, 8, 170 << 20, 2 << 20, 3000, 8


def hop(memory, end):
    """The process that comes back from fork() is another one each time, with the same memory and one piece more."""
    fork, leave, stay, now = LIBC.fork, LIBC._exit, LIBC.usleep, time.monotonic
    pieces = iter(range(0, BYTES, HUGE))
    while now() < end:
        if fork():
            leave(0)
        piece = next(pieces, None)
        if piece is not None:
            memory[piece] = 1
        stay(STAY_US)
    leave(0)


def hog(end):
    if os.fork():
        return
    memory = mmap.mmap(-1, BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory.madvise(mmap.MADV_HUGEPAGE)
    hop(memory, end)


def azureml_main():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _ in range(IDLE):
        os.posix_spawn("/bin/sleep", ["sleep", "1000"], {})
    end = time.monotonic() + ALL_SECONDS
    for _ in range(HOGS):
        hog(end)
    while time.monotonic() < end:
        time.sleep(0.1)
    say({"bounded": False})
