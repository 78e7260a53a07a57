# SPDX-License-Identifier: Apache-2.0
"""N8: a datagram pair, which is allowed, sends to the address of another socket, by path and abstract."""
import socket

from attack import all_tried, say

EXPECT = {
    "found": {"path": "ENOENT", "abstract": "ECONNREFUSED", "connect": "ECONNREFUSED", "bind": "ok"},
    "free": {"path": "EPROTOTYPE", "abstract": "EPROTOTYPE", "connect": "EPROTOTYPE", "bind": "ok"},
}


def pair():
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0]


def azureml_main():
    say(all_tried({
        "path": (lambda: pair().sendto(b"x", "/run/planted/socket") and None,),
        "abstract": (lambda: pair().sendto(b"x", "\0planted") and None,),
        "connect": (lambda: pair().connect("\0planted"),),
        "bind": (lambda: pair().bind("\0quern-rendezvous"),),
    }))
