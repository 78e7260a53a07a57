# SPDX-License-Identifier: Apache-2.0
"""N4: raw sockets: ICMP by hand, the kernel's ping socket, whole frames."""
import socket

from attack import all_tried, say

EXPECT = {
    "found": {"ICMP": "EAFNOSUPPORT", "frames": "EAFNOSUPPORT", "ping": "EAFNOSUPPORT"},
    "free": {"ICMP": "ok", "frames": "ok", "ping": "ok"},
}


def ping():
    """Who may is a setting of the network namespace; its own root may change that."""
    try:
        with open("/proc/sys/net/ipv4/ping_group_range", "w", encoding="ascii") as file:
            file.write("0 0")
    except OSError:
        pass
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP).close()


def azureml_main():
    say(all_tried({
        "ICMP": (socket.socket, socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
        "frames": (socket.socket, socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)),
        "ping": (ping,),
    }))
