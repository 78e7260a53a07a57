#!/usr/bin/env -S /usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""container.py COMMAND...: runs it as a container's seccomp profile lets it: nobody makes a user namespace."""
import ctypes
import os
import struct
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
LOAD, EQUAL, SET, RETURN = 0x20, 0x15, 0x45, 0x06
ALLOW, ERRNO, EPERM, ENOSYS = 0x7FFF0000, 0x50000, 1, 38
SYS_CLONE, SYS_UNSHARE, SYS_CLONE3, CLONE_NEWUSER = 56, 272, 435, 0x10000000
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, FILTER = 38, 22, 2
PROGRAM = [(LOAD, 0, 0, 0), (EQUAL, 0, 1, SYS_CLONE3), (RETURN, 0, 0, ERRNO | ENOSYS), (EQUAL, 1, 0, SYS_CLONE),
           (EQUAL, 0, 3, SYS_UNSHARE), (LOAD, 0, 0, 16), (SET, 0, 1, CLONE_NEWUSER), (RETURN, 0, 0, ERRNO | EPERM),
           (RETURN, 0, 0, ALLOW)]


class Program(ctypes.Structure):
    _fields_ = [("count", ctypes.c_ushort), ("code", ctypes.c_void_p)]


def main():
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in PROGRAM))
    program = Program(len(PROGRAM), ctypes.addressof(code))
    if os.geteuid() != 0:
        LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if LIBC.prctl(PR_SET_SECCOMP, FILTER, ctypes.byref(program), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "a filter")
    os.execvp(sys.argv[1], sys.argv[1:])


main()
