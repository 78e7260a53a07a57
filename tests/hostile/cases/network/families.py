# SPDX-License-Identifier: Apache-2.0
"""N5-N7: every family of sockets that the kernel has: netlink, vsock, the crypto interface, Bluetooth, CAN, TIPC, XDP..."""
import socket

from attack import say, tried

EXPECT = {
    "found": {"families that answer": [], "netlink": "EAFNOSUPPORT"},
    "free": {"families that answer": ["INET", "INET6", "NETLINK", "PACKET", "UNIX"], "netlink": "ok"},
}
NAMES = {1: "UNIX", 2: "INET", 10: "INET6", 16: "NETLINK", 17: "PACKET"}  # on every machine
KINDS = (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET)


def azureml_main():
    answers = {family: {tried(socket.socket, family, kind) for kind in KINDS} for family in range(64)}
    without_jail = any("ok" in found for found in answers.values())
    families = NAMES if without_jail else answers
    say({"families that answer": sorted(NAMES.get(family, str(family)) for family in families
                                        if answers[family] != {"EAFNOSUPPORT"}),
         "netlink": tried(socket.socket, socket.AF_NETLINK, socket.SOCK_RAW)})
