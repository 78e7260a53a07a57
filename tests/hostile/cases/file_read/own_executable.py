# SPDX-License-Identifier: Apache-2.0
"""R16: the programs of quern by way of /proc/self: written to, as runc's was, and its own memory."""
import os

from attack import all_tried, say

EXPECT = {
    "found": {"write the program": "EACCES", "append": "EACCES", "truncate": "EACCES", "map_files": "ok", "maps": "ok",
              "mem": "EACCES"},
    "untruncated": {"truncate": "EPERM"},
    "user": {"found": {"write the program": "ETXTBSY", "append": "ETXTBSY", "truncate": "ETXTBSY", "map_files": "ok", "maps": "ok",
                       "mem": "EACCES"}},
    "free": {"write the program": "EACCES", "append": "EACCES", "truncate": "EACCES", "map_files": "ok", "maps": "ok", "mem": "ok"},
}


def write(flags):
    os.close(os.open("/proc/self/exe", os.O_WRONLY | flags))


def azureml_main():
    say(all_tried({"write the program": (write, 0), "append": (write, os.O_APPEND),
                   "truncate": (os.truncate, "/proc/self/exe", 0), "map_files": (os.listdir, "/proc/self/map_files"),
                   "maps": (open, "/proc/self/maps"), "mem": (lambda: open("/proc/self/mem", "r+b", buffering=0),)}))
