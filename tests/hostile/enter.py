#!/usr/bin/env -S /usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""enter.py COMMAND...: runs the command in a world of its own, in which hostile scripts may be let loose.

New mount, pid, network, IPC and UTS namespaces; / is read-only, the places for temporary files are small and empty, the
loopback interface is up, and where the machine has cgroups that can be written to, memory and processes of all that runs
inside are bounded. As an ordinary user a user namespace is made first. When the command ends, everything inside is dead.
"""
import array
import ctypes
import fcntl
import os
import pathlib
import socket
import struct
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FRESH = ("/tmp", "/run", "/var/tmp", "/dev/shm")
FRESH_BYTES = 3 << 30
CGROUPS = {"memory/{}/memory.limit_in_bytes": 12 << 30, "pids/{}/pids.max": 4000}
LIBC = ctypes.CDLL(None, use_errno=True)
SYS_MOUNT_SETATTR, AT_FDCWD, MOUNT_ATTR_RDONLY, MS_BIND = 442, -100, 1, 4096
SIOCSIFFLAGS, IFF_UP = 0x8914, 1


def check(result, what):
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def mount(source, target, kind, flags=0, options=""):
    check(LIBC.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode()), target)


def read_only(path):
    """This mount, not those below it."""
    attributes = array.array("Q", [MOUNT_ATTR_RDONLY, 0, 0, 0])
    address, size = attributes.buffer_info()
    check(LIBC.syscall(SYS_MOUNT_SETATTR, AT_FDCWD, path.encode(), 0, ctypes.c_void_p(address), ctypes.c_size_t(size * 8)),
          f"{path} read-only")


def empty_places(bytes_each):
    """Covers the places for temporary files; the source tree stays where it is, also below one of them."""
    tree = os.open(ROOT, os.O_PATH)
    for place in FRESH:
        if os.path.isdir(place):
            mount("tmpfs", place, "tmpfs", 0, f"size={bytes_each},mode=1777")
    if not (ROOT / "tests").exists():
        ROOT.mkdir(parents=True)
        mount(f"/proc/self/fd/{tree}", str(ROOT), "", MS_BIND)
    os.close(tree)


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        request = struct.pack("16sH14x", b"lo", IFF_UP)
        fcntl.ioctl(link, SIOCSIFFLAGS, request)


def reap_until(pid):
    """As the first process of the namespace: buries everybody, and gives the exit code of `pid`."""
    while True:
        dead, status = os.wait()
        if dead == pid:
            return os.waitstatus_to_exitcode(status)


def inside(command):
    empty_places(FRESH_BYTES)
    read_only("/")
    loopback_up()
    pid = os.fork()
    if pid == 0:
        os.execvp(command[0], command)
    code = reap_until(pid)
    return code if code >= 0 else 128 - code


def bound():
    """Names of cgroups (version 1, of root's) that bound this process from now on."""
    made = []
    for path, limit in CGROUPS.items():
        file = pathlib.Path("/sys/fs/cgroup", path.format(f"quern-hostile-{os.getpid()}"))
        try:
            file.parent.mkdir()
            made.append(file.parent)
            file.write_text(str(limit))
            (file.parent / "cgroup.procs").write_text(str(os.getpid()))
        except OSError:
            continue
    return made


def unbind(cgroups):
    for group in cgroups:
        (group.parent / "cgroup.procs").write_text(str(os.getpid()))
        group.rmdir()


def outside(command):
    spaces = ["--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() != 0:
        spaces = ["--user", "--map-current-user", "--keep-caps", *spaces]
    cgroups = bound()
    try:
        return subprocess.run(["unshare", *spaces, sys.executable, "-B", __file__, "--inside", *command]).returncode
    finally:
        unbind(cgroups)


if __name__ == "__main__":
    sys.exit(inside(sys.argv[2:]) if sys.argv[1:2] == ["--inside"] else outside(sys.argv[1:]))
