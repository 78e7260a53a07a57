# SPDX-License-Identifier: Apache-2.0
"""M: memory that only the kernel has: rules of Landlock, 4 MB for a descriptor; and the machine's queues of asynchronous
reads, which are one number for all (fs.aio-max-nr)."""
import ctypes
import struct

from attack import say, system_call, tried

EXPECT = {"found": {"ruleset": "ENOSYS", "rule": "ENOSYS", "queue": "ENOSYS"},
          "free": {"ruleset": "ok", "rule": "EBADF", "queue": "ok"}}
SYS_IO_SETUP, SYS_CREATE_RULESET, SYS_ADD_RULE, OF_NET = 206, 444, 445, 2
RULESET, RULE = struct.pack("QQ", 0, 1), struct.pack("QQ", 1, 80)  # of ports


def azureml_main():
    say({"ruleset": tried(system_call, SYS_CREATE_RULESET, RULESET, len(RULESET), 0),
         "rule": tried(system_call, SYS_ADD_RULE, -1, OF_NET, RULE, 0),
         "queue": tried(system_call, SYS_IO_SETUP, 8000, ctypes.create_string_buffer(8))})
