# SPDX-License-Identifier: Apache-2.0
"""N2: UDP, which Landlock does not know, to a listener of the machine."""
import socket

from attack import all_tried, say

EXPECT = {
    "found": {"send": "EAFNOSUPPORT", "send, IPv6": "EAFNOSUPPORT", "broadcast": "EAFNOSUPPORT"},
    "free": {"send": "ok", "send, IPv6": "ok", "broadcast": "ok"},
}


def send(family, address, broadcast):
    with socket.socket(family, socket.SOCK_DGRAM) as own:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, broadcast)
        own.sendto(b"found", (address, 9472))


def azureml_main():
    say(all_tried({
        "send": (send, socket.AF_INET, "127.0.0.1", 0),
        "send, IPv6": (send, socket.AF_INET6, "::1", 0),
        "broadcast": (send, socket.AF_INET, "127.255.255.255", 1),
    }))
