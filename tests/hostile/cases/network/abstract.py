# SPDX-License-Identifier: Apache-2.0
"""N9: the machine's sockets without a file, such as those of D-Bus and X."""
import socket

from attack import all_tried, say

EXPECT = {"found": {"abstract": "EAFNOSUPPORT"}, "free": {"abstract": "ok"}}


def connect():
    with socket.socket(socket.AF_UNIX) as own:
        own.connect("\0planted")


def azureml_main():
    say(all_tried({"abstract": (connect,)}))
