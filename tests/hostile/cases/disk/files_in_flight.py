# SPDX-License-Identifier: Apache-2.0
"""D2: fills files of the work directory that have no name, sends them into a socket and closes them: no process has them."""
import array
import os
import socket

from attack import say, tried

EXPECT = {
    "options": ["--disk", "64M", "--timeout", "30s"],
    "found": {"ended with": "ENOSPC", "bounded": True}, "free": {"ended with": "ok", "bounded": False},
    "minimal": {"found": {"ended with": "ok", "bounded": False}},
    "not_stopped": {"minimal": "write up to the limit of `file` into each of as many files more as its limit of `open_files`, "
                               "where they have no name and lie in the queue of a socket"},
}
MIB = 1 << 20
ENDS = socket.socketpair()
SENT = []


def fill():
    for _ in range(12):
        file = os.open(".", os.O_TMPFILE | os.O_RDWR, 0o600)
        os.write(file, bytes(16 * MIB - 4096))
        ENDS[0].sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [file]))])
        os.close(file)
        SENT.append(16)


def azureml_main():
    say({"ended with": tried(fill), "bounded": sum(SENT) < 100})
