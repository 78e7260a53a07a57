# SPDX-License-Identifier: Apache-2.0
"""N8: an end of a pair, which is allowed, is turned towards sockets of the machine, by path and by abstract name."""
import socket

from attack import all_tried, say

EXPECT = {
    "found": {"path": "EISCONN", "abstract": "EISCONN", "connect": "EAFNOSUPPORT", "bind": "EAFNOSUPPORT",
              "listen": "EAFNOSUPPORT"},
    "free": {"path": "EISCONN", "abstract": "EISCONN", "connect": "EISCONN", "bind": "ok", "listen": "EINVAL"},
}


def azureml_main():
    say(all_tried({
        "path": (lambda: socket.socketpair()[0].sendto(b"x", "/run/planted/socket") and None,),
        "abstract": (lambda: socket.socketpair()[0].sendto(b"x", "\0planted") and None,),
        "connect": (lambda: socket.socketpair()[0].connect("\0planted"),),
        "bind": (lambda: socket.socketpair()[0].bind("\0quern-rendezvous"),),
        "listen": (lambda: socket.socketpair()[0].listen(),),
    }))
