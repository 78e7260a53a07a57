# SPDX-License-Identifier: Apache-2.0
"""G8, G9, G11: reads and writes another process: ptrace, process_vm_*, /proc/PID/mem, kcmp; also its own child."""
import ctypes
import os
import time

from attack import all_tried, say, system_call

EXPECT = {
    "found": {"ptrace": "EPERM", "ptrace me": "EPERM", "vm read": "ENOSYS", "vm write": "ENOSYS", "mem": "ENOENT", "kcmp": "EPERM",
              "own child": "EPERM", "own child's mem": "ENOENT"},
    "minimal": {"found": {"ptrace": "EPERM", "ptrace me": "EPERM", "vm read": "ENOSYS", "vm write": "ENOSYS", "mem": "EACCES",
                          "kcmp": "EPERM", "own child": "EPERM", "own child's mem": "EACCES"}},
    "free": {"ptrace": "ok", "ptrace me": "ok", "vm read": "ok", "vm write": "ok", "mem": "ok", "kcmp": "ok", "own child": "ok",
             "own child's mem": "ok"},
}
SYS_PTRACE, SYS_VM_READ, SYS_VM_WRITE, SYS_KCMP = 101, 310, 311, 312
PTRACE_TRACEME, PTRACE_SEIZE = 0, 0x4206


def vectors(buffer):
    """An iovec, of the same address here and there: a child has the same memory."""
    return (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 8)


def azureml_main():
    first, child = 1, os.fork()
    if child == 0:
        time.sleep(1000)
    buffer = ctypes.create_string_buffer(8)
    vector = vectors(buffer)
    say(all_tried({
        "vm read": (system_call, SYS_VM_READ, child, vector, 1, vector, 1, 0),
        "vm write": (system_call, SYS_VM_WRITE, child, vector, 1, vector, 1, 0),
        "own child's mem": (open, f"/proc/{child}/mem", "r+b"), "mem": (open, f"/proc/{first}/mem", "rb"),
        "kcmp": (system_call, SYS_KCMP, os.getpid(), child, 0, 0, 0),
        "own child": (system_call, SYS_PTRACE, PTRACE_SEIZE, child, 0, 0),
        "ptrace": (system_call, SYS_PTRACE, PTRACE_SEIZE, first, 0, 0),
        "ptrace me": (system_call, SYS_PTRACE, PTRACE_TRACEME, 0, 0, 0),
    }))
