# SPDX-License-Identifier: Apache-2.0
"""M18: many descriptors in many processes, so that a look at them takes its time, and memory that is taken meanwhile."""
import os
import time

from attack import say

EXPECT = {
    "options": ["--memory", "192M", "--timeout", "60s"], "reason": "limit:memory",
    "like": "the script's processes took .* MiB of memory, more than their limit of 192 MiB",
    "free": {"bounded": False},
}
PROCESSES, EACH, PIECE = 60, 900, 8 << 20


def hold(told, go):
    for _ in range(EACH):
        os.dup(go)
    os.write(told, b"1")
    os.read(go, 1)
    taken = os.urandom(1 << 16) * (PIECE >> 16)
    os.write(told, b"1")
    time.sleep(1000)
    os._exit(len(taken))


def wait_for(told):
    for _ in range(PROCESSES):
        os.read(told, 1)


def azureml_main():
    mine, told = os.pipe()
    go, start = os.pipe()
    for _ in range(PROCESSES):
        if os.fork() == 0:
            hold(told, go)
    wait_for(mine)
    os.write(start, bytes(PROCESSES))
    wait_for(mine)
    time.sleep(8)  # who looks takes his time on a busy machine
    say({"bounded": False})
