# SPDX-License-Identifier: Apache-2.0
"""N8: a socket file of the machine, such as Docker's or that of Redis: connected to by path, by a link, by an end of a pair."""
import os
import socket

from attack import all_tried, say

EXPECT = {
    "found": {"connect": "EAFNOSUPPORT", "by a link": "EAFNOSUPPORT", "through a pair": "EAFNOSUPPORT",
              "stat": "ENOENT"},
    "minimal": {"found": {"connect": "EAFNOSUPPORT", "by a link": "EAFNOSUPPORT", "through a pair": "EAFNOSUPPORT",
                          "stat": "ok"}},
    "free": {"connect": "ok", "by a link": "ok", "through a pair": "EISCONN", "stat": "ok"},
    "short": True,
}
PATH = "/run/planted/socket"


def connect(path):
    with socket.socket(socket.AF_UNIX) as own:
        own.connect(path)


def by_a_link():
    os.symlink(PATH, "link")
    connect("link")


def through_a_pair():
    """socketpair() is allowed: can its end be connected elsewhere?"""
    ends = socket.socketpair()
    ends[0].connect(PATH)


def azureml_main():
    say(all_tried({"connect": (connect, PATH), "by a link": (by_a_link,), "through a pair": (through_a_pair,),
                   "stat": (lambda: os.stat(PATH) and None,)}))
