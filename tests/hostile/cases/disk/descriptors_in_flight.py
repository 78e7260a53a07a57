# SPDX-License-Identifier: Apache-2.0
"""D2: keeps descriptors in flight, in sockets that are in flight themselves: no process holds them, no limit counts them."""
import array
import os
import socket

from attack import say, tried

EXPECT = {"found": {"ended with": "ETOOMANYREFS", "bounded": True}, "free": {"ended with": "ETOOMANYREFS", "bounded": True}}


def fill(sent):
    while True:
        ends = socket.socketpair()
        pipe = os.pipe()
        for _ in range(20):
            fds = array.array("i", [pipe[0], ends[0].fileno(), ends[1].fileno()] * 30)
            ends[0].sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
            sent.append(len(fds))
        os.close(pipe[0])
        os.close(pipe[1])


def azureml_main():
    sent = []
    say({"ended with": tried(fill, sent), "bounded": sum(sent) < 4000})
