# SPDX-License-Identifier: Apache-2.0
"""N11: waits for others: on all addresses, on a path, without a file."""
import socket

from attack import all_tried, say

EXPECT = {
    "found": {"0.0.0.0": "EAFNOSUPPORT", "::": "EAFNOSUPPORT", "path": "EAFNOSUPPORT", "abstract": "EAFNOSUPPORT"},
    "free": {"0.0.0.0": "ok", "::": "ok", "path": "ok", "abstract": "ok"},
}


def listen(family, address):
    with socket.socket(family) as own:
        own.bind(address)
        own.listen()


def azureml_main():
    say(all_tried({"0.0.0.0": (listen, socket.AF_INET, ("0.0.0.0", 0)), "::": (listen, socket.AF_INET6, ("::", 0)),
                   "path": (listen, socket.AF_UNIX, "here"), "abstract": (listen, socket.AF_UNIX, "\0here")}))
