# SPDX-License-Identifier: Apache-2.0
"""A13: hands over files by descriptors that cannot be read: that its worker cannot would be the host's fault, and the job another
host's."""
import array
import fcntl
import os
import socket
import stat
import struct

from attack import say, tried

EXPECT = {"reason": "bad_result", "message": "expected a sealed memory file, found one that cannot be read",
          "found": {"file": "ValueError", "bytes": "ValueError", "dataset": "ValueError"}, "options": ["--write", "team"],
          "no_control": "outside there is no channel"}
RESULT = struct.Struct("=IIIIiIQ256s4096s")
F_ADD_SEALS, ALL_SEALS = 1033, 15


def conversation(line):
    for fd in range(3, 256):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode) and fd != line:
                return socket.socket(fileno=os.dup(fd), family=socket.AF_UNIX, type=socket.SOCK_SEQPACKET)
        except OSError:
            continue


def unreadable(file):
    return os.open(f"/proc/self/fd/{file}", os.O_WRONLY)


def azureml_main():
    from quern import channel
    own = conversation(channel.line.fileno())
    with open("written", "wb") as written:
        written.write(bytes(100))
    asked = {"file": (channel.FILE, "x"), "bytes": (channel.PUT, "team/x"), "dataset": (channel.WRITE, "team/y")}
    say({name: tried(channel.ask, kind, key, "", 0, os.open("written", os.O_WRONLY)) for name, (kind, key) in asked.items()})
    lent = struct.unpack("i", own.recvmsg(1 << 14, socket.CMSG_SPACE(4))[1][0][2])[0]
    os.write(lent, bytes(100))
    result = unreadable(lent)
    fcntl.fcntl(lent, F_ADD_SEALS, ALL_SEALS)
    own.sendmsg([RESULT.pack(3, 1, 0, 0, 0, 0, 0, b"", b"")],
                [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [result]))])
