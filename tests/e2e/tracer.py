# SPDX-License-Identifier: Apache-2.0
"""A program under ptrace(2), stopped before each system call that changes files. Only the program itself: its children run
free."""
import ctypes
import os
import signal

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
LIBC.ptrace.restype = ctypes.c_long
TRACEME, PEEKUSER, SYSCALL, SETOPTIONS = 0, 3, 24, 0x4200
GOOD_STOPS, ENDS_WITH_US = 1, 1 << 20
NUMBER, FIRST, SECOND = 15 * 8, 14 * 8, 13 * 8  # orig_rax, rdi, rsi in struct user (x86-64)
FD_FIRST = {1: "write", 18: "pwrite", 74: "fsync", 75: "fdatasync", 77: "ftruncate", 263: "unlink", 264: "rename",
            316: "rename", 258: "mkdir", 326: "copy", 40: "sendfile"}
LINK, OPEN, CREATES = 265, 257, os.O_CREAT | 0o20000000  # O_TMPFILE without O_DIRECTORY
AT_FDCWD = 0xffffff9c


def ptrace(request, pid, address=0, data=0):
    ctypes.set_errno(0)
    value = LIBC.ptrace(request, pid, address, data)
    if value == -1 and ctypes.get_errno():
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return value


def text_at(pid, address):
    """The string that ends with a NUL, at most 4096 bytes."""
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        memory.seek(address)
        return memory.read(4096).split(b"\0")[0].decode()


def path_of(pid, fd):
    return "" if fd & AT_FDCWD == AT_FDCWD else os.readlink(f"/proc/{pid}/fd/{fd}")


def change(pid):
    """(word, path) of a system call that changes files, at its entry; None of another one."""
    number, first = ptrace(PEEKUSER, pid, NUMBER), ptrace(PEEKUSER, pid, FIRST)
    if number == LINK:
        return "link", f"{path_of(pid, ptrace(PEEKUSER, pid, 8 * 12))}/{text_at(pid, ptrace(PEEKUSER, pid, 7 * 8))}"
    if number == OPEN:
        if not ptrace(PEEKUSER, pid, 8 * 12) & CREATES:
            return None
        return "create", f"{path_of(pid, first)}/{text_at(pid, ptrace(PEEKUSER, pid, SECOND))}"
    if number not in FD_FIRST:
        return None
    word = FD_FIRST[number]
    if word == "rename":
        return word, f"{path_of(pid, ptrace(PEEKUSER, pid, 8 * 12))}/{text_at(pid, ptrace(PEEKUSER, pid, 7 * 8))}"
    if word in ("unlink", "mkdir"):
        return word, f"{path_of(pid, first)}/{text_at(pid, ptrace(PEEKUSER, pid, SECOND))}"
    return word, path_of(pid, first)


def start(argv, cwd, environment):
    pid = os.fork()
    if pid == 0:
        try:
            os.chdir(cwd)
            null = os.open("/dev/null", os.O_RDWR)
            for fd in range(3):
                os.dup2(null, fd)
            LIBC.ptrace(TRACEME, 0, 0, 0)
            os.execve(argv[0], argv, environment)
        finally:
            os._exit(126)
    return pid


def run(argv, cwd, environment, before=lambda number, what: True):
    """Runs the program; before(n, (word, path)) is asked before its nth change of files, from 1, and when it says False
    the program is killed there. Returns (its wait status, how many changes it came to)."""
    pid, count, entry = start([os.fspath(word) for word in argv], cwd, environment), 0, True
    os.waitpid(pid, 0)  # it stops at exec
    ptrace(SETOPTIONS, pid, 0, GOOD_STOPS | ENDS_WITH_US)
    deliver = 0
    while True:
        ptrace(SYSCALL, pid, 0, deliver)
        _, status = os.waitpid(pid, 0)
        if os.WIFEXITED(status) or os.WIFSIGNALED(status):
            return status, count
        deliver = os.WSTOPSIG(status)
        if deliver != signal.SIGTRAP | 0x80:
            continue
        deliver = 0
        what = change(pid) if entry else None
        entry = not entry
        if what is None:
            continue
        count += 1
        if not before(count, what):
            os.kill(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
            return status, count
