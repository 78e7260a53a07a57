#!/usr/bin/env -S /usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""lacking.py namespaces|landlock|seccomp|securebits COMMAND...: runs it as a machine does that lacks it. Nobody makes a user
namespace, as with a container's seccomp profile; or the kernel is one of before 5.12, which has no Landlock and makes no tree of
mounts read-only, or was built without filters of system calls. securebits: one step of a job's jail fails."""
import ctypes
import os
import struct
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
LOAD, EQUAL, SET, RETURN = 0x20, 0x15, 0x45, 0x06
ALLOW, ERRNO, EPERM, EINVAL, ENOSYS = 0x7FFF0000, 0x50000, 1, 22, 38
SYS_CLONE, SYS_UNSHARE, SYS_SECCOMP, SYS_CLONE3, CLONE_NEWUSER = 56, 272, 317, 435, 0x10000000
SYS_MOUNT_SETATTR, SYS_LANDLOCK_CREATE_RULESET = 442, 444
SYS_PRCTL, PR_SET_SECUREBITS = 157, 28
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, FILTER = 38, 22, 2


def without(answer, *calls):
    tests = [line for call in calls for line in ((EQUAL, 0, 1, call), (RETURN, 0, 0, ERRNO | answer))]
    return [(LOAD, 0, 0, 0), *tests, (RETURN, 0, 0, ALLOW)]


PROGRAMS = {
    "namespaces": [(LOAD, 0, 0, 0), (EQUAL, 0, 1, SYS_CLONE3), (RETURN, 0, 0, ERRNO | ENOSYS), (EQUAL, 1, 0, SYS_CLONE),
                   (EQUAL, 0, 3, SYS_UNSHARE), (LOAD, 0, 0, 16), (SET, 0, 1, CLONE_NEWUSER), (RETURN, 0, 0, ERRNO | EPERM),
                   (RETURN, 0, 0, ALLOW)],
    "landlock": without(ENOSYS, SYS_MOUNT_SETATTR, SYS_LANDLOCK_CREATE_RULESET),
    "seccomp": without(EINVAL, SYS_SECCOMP),
    "securebits": [(LOAD, 0, 0, 0), (EQUAL, 0, 3, SYS_PRCTL), (LOAD, 0, 0, 16), (EQUAL, 0, 1, PR_SET_SECUREBITS),
                   (RETURN, 0, 0, ERRNO | EPERM), (RETURN, 0, 0, ALLOW)],
}


class Program(ctypes.Structure):
    _fields_ = [("count", ctypes.c_ushort), ("code", ctypes.c_void_p)]


def main():
    lines, command = PROGRAMS[sys.argv[1]], sys.argv[2:]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in lines))
    program = Program(len(lines), ctypes.addressof(code))
    if os.geteuid() != 0:
        LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if LIBC.prctl(PR_SET_SECCOMP, FILTER, ctypes.byref(program), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "a filter")
    os.execvp(command[0], command)


main()
