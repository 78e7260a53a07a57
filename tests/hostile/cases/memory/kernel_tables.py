# SPDX-License-Identifier: Apache-2.0
"""M: memory that only the kernel has: rules of Landlock, 4 MB for a descriptor; filters of system calls, which are one number
for all, too (net.core.bpf_jit_limit): who takes them all keeps every jail from being made; and the machine's queues of
asynchronous reads (fs.aio-max-nr)."""
import ctypes
import struct

from attack import library_call, say, system_call, tried

ALLOW = struct.pack("HBBI", 0x06, 0, 0, 0x7FFF0000)  # of every call
FILTERS = ctypes.create_string_buffer(ALLOW)
PROGRAM = struct.pack("HxxxxxxQ", 1, ctypes.addressof(FILTERS))
EXPECT = {"found": {"ruleset": "ENOSYS", "rule": "ENOSYS", "queue": "ENOSYS", "filter": "ENOSYS", "old filter": "EINVAL"},
          "free": {"ruleset": "ok", "rule": "EBADF", "queue": "ok", "filter": "ok", "old filter": "ok"}}
SYS_IO_SETUP, SYS_SECCOMP, SYS_CREATE_RULESET, SYS_ADD_RULE, OF_NET = 206, 317, 444, 445, 2
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, BY_FILTER = 22, 38, 2
RULESET, RULE = struct.pack("QQ", 0, 1), struct.pack("QQ", 1, 80)  # of ports


def azureml_main():
    library_call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    say({"ruleset": tried(system_call, SYS_CREATE_RULESET, RULESET, len(RULESET), 0),
         "rule": tried(system_call, SYS_ADD_RULE, -1, OF_NET, RULE, 0),
         "queue": tried(system_call, SYS_IO_SETUP, 8000, ctypes.create_string_buffer(8)),
         "filter": tried(system_call, SYS_SECCOMP, 1, 0, PROGRAM),
         "old filter": tried(library_call, "prctl", PR_SET_SECCOMP, BY_FILTER, PROGRAM, 0, 0)})
