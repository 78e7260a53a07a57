# SPDX-License-Identifier: Apache-2.0
"""N1: TCP to a listener of the machine, over every address that it has."""
import socket

from attack import all_tried, say

EXPECT = {
    "found": {"127.0.0.1": "EAFNOSUPPORT", "127.1.2.3": "EAFNOSUPPORT", "::1": "EAFNOSUPPORT"},
    "free": {"127.0.0.1": "ok", "127.1.2.3": "ok", "::1": "ok"},
    "short": True,
}


def azureml_main():
    say(all_tried({address: (socket.create_connection, (address, 9471), 2) for address in EXPECT["found"]}))
