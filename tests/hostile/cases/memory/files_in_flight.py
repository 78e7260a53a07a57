# SPDX-License-Identifier: Apache-2.0
"""M4: fills memory files, sends them into a socket and closes them: they lie in its queue, and no process has them."""
import array
import os
import socket

from attack import say, tried

EXPECT = {
    "options": ["--memory", "256M", "--timeout", "30s"],
    "found": {"ended with": "ENOSYS", "held": 0}, "free": {"ended with": "ok", "held": 768},
    "cgroup": {"found": None, "reason": "limit:memory",
               "like": "the script's processes took .* MiB of memory, more than their limit of 256 MiB"},
    "short": True,
}
MIB = 1 << 20
ENDS = socket.socketpair()
SENT = []


def fill():
    for _ in range(12):
        file = os.memfd_create("m")
        for _ in range(64):
            os.write(file, bytes(MIB))
        ENDS[0].sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [file]))])
        os.close(file)
        SENT.append(64)


def azureml_main():
    say({"ended with": tried(fill), "held": sum(SENT)})
