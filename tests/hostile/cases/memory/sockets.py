# SPDX-License-Identifier: Apache-2.0
"""M8: many sockets in several processes, each full of what nobody reads: memory that no process has."""
import os
import socket
import time

from attack import say

EXPECT = {
    "options": ["--memory", "128M", "--timeout", "30s"], "reason": "limit:memory",
    "like": "the script's processes took .* MiB of memory, more than their limit of 128 MiB",
    "free": {"bounded": False},
    "not_stopped": {"user": "have 250 kB more in each socket that its processes have open: 250 MB for a process with 1000, "
                            "beside its limit of memory"},
    "user": {"reason": None, "like": ".*", "found": {"bounded": False}},
    "minimal": {"reason": "limit:memory", "found": None,
                "like": "the script's processes took .* MiB of memory, more than their limit of 128 MiB"},
    "cgroup": {"reason": "limit:memory", "found": None,
               "like": "the script's processes took .* MiB of memory, more than their limit of 128 MiB"},
}
PROCESSES, PAIRS = 3, 200
KEPT = []


def fill(one):
    one.setblocking(False)
    written = 0
    try:
        while True:
            written += one.send(bytes(1 << 16))
    except BlockingIOError:
        return written


def hold(told):
    for _ in range(PAIRS):
        KEPT.extend(socket.socketpair())
    os.write(told, str(sum(map(fill, KEPT))).encode())
    time.sleep(1000)


def azureml_main():
    mine, told = os.pipe()
    written = 0
    for _ in range(PROCESSES):
        if os.fork() == 0:
            hold(told)
        written += int(os.read(mine, 100))
    time.sleep(8)  # who looks takes his time on a busy machine
    say({"bounded": written <= 128 << 20})
