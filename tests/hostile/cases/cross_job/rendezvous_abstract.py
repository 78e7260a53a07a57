# SPDX-License-Identifier: Apache-2.0
"""N10: two jobs of one environment meet: a datagram pair, which is allowed, is cut from its peer and gets a name without a
file, at which another job would find it."""
import ctypes
import socket

from attack import all_tried, library_call, say

EXPECT = {
    "found": {"datagram pair": "EAFNOSUPPORT", "cut": "EAFNOSUPPORT", "named": "EAFNOSUPPORT", "reached": "EAFNOSUPPORT"},
    "free": {"datagram pair": "ok", "cut": "ok", "named": "ok", "reached": "ok"},
    "short": True,
}


def pair():
    try:
        return socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    except OSError:
        return socket.socketpair()


def cut(end):
    """connect() to AF_UNSPEC."""
    library_call("connect", end.fileno(), ctypes.create_string_buffer(16), 16)


def reached(meeting, other):
    """What another job would do, with a pair of its own."""
    cut(other)
    other.sendto(b"a secret", "\0meeting")
    assert meeting.recv(100) == b"a secret"


def azureml_main():
    ends, others = pair(), pair()
    say(all_tried({"datagram pair": (lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) and None,),
                   "cut": (cut, ends[0]), "named": (ends[0].bind, "\0meeting"), "reached": (reached, ends[0], others[0])}))
