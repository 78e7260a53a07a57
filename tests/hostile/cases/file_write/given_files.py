# SPDX-License-Identifier: Apache-2.0
"""W4, W11: changes modes, times and flags of the files that it was given to read, its own text first: they stand in the machine's
own mounts, and may belong to its uid."""
import fcntl
import os
import stat
import struct

from attack import say, tried

EXPECT = {
    "found": {"mode": ["refused"], "times": ["refused"], "flags": ["refused"], "again": ["refused"]},
    # Modes and times are left as they are, and whoever changes them is told that all is well.
    "user": {"found": {"mode": ["ok"], "times": ["ok"], "flags": ["refused"], "again": ["refused"]}},
    "no_control": "outside nobody gives it files",
}
FS_IOC_SETFLAGS, NODUMP = 0x40086602, struct.pack("l", 0x40)


def given():
    """Open files that are none of the work directory's."""
    for name in os.listdir("/proc/self/fd"):
        try:
            path, status = os.readlink(f"/proc/self/fd/{name}"), os.fstat(int(name))
        except OSError:
            continue
        if stat.S_ISREG(status.st_mode) and not path.startswith(os.getcwd()):
            yield int(name)


def answer(what, fd):
    return "ok" if tried(what, fd) == "ok" else "refused"


def azureml_main():
    files = list(given())
    tries = {"mode": lambda fd: os.fchmod(fd, 0o666), "times": lambda fd: os.utime(fd, (1, 1)),
             "flags": lambda fd: fcntl.ioctl(fd, FS_IOC_SETFLAGS, NODUMP),
             "again": lambda fd: os.close(os.open(f"/proc/self/fd/{fd}", os.O_RDWR))}
    say({name: sorted({answer(what, fd) for fd in files}) for name, what in tries.items()})
