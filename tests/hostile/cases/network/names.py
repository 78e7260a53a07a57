# SPDX-License-Identifier: Apache-2.0
"""N3: asks for names: by the resolver's library, by hand over UDP, by a netlink socket that getaddrinfo() likes to open."""
import socket

from attack import all_tried, say

EXPECT = {
    "found": {"getaddrinfo": "gaierror", "gethostbyname": "gaierror", "numeric": "ok", "by hand": "EAFNOSUPPORT"},
    "free": {"getaddrinfo": "ok", "gethostbyname": "ok", "numeric": "ok", "by hand": "ok"},
}


def by_hand():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.sendto(b"\x12\x34\x01\x00\x00\x01" + bytes(6) + b"\x05quern\x07invalid\x00\x00\x01\x00\x01", ("127.0.0.1", 9472))


def azureml_main():
    say(all_tried({
        "getaddrinfo": (lambda: socket.getaddrinfo("localhost", 80) and None,),
        "gethostbyname": (lambda: socket.gethostbyname("localhost") and None,),
        "numeric": (lambda: socket.getaddrinfo("127.0.0.1", 80, flags=socket.AI_NUMERICHOST) and None,),
        "by hand": (by_hand,),
    }))
