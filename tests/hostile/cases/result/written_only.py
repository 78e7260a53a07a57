# SPDX-License-Identifier: Apache-2.0
"""A13: hands over sealed files by descriptors that cannot be read: that its worker cannot would be the host's fault, and the
job another host's."""
import array
import fcntl
import os
import socket
import stat
import struct

from attack import say, tried

EXPECT = {"reason": "bad_result", "message": "expected a sealed memory file, found one that cannot be read",
          "or": "exception",  # where a script makes no memory files
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


def unreadable():
    file = os.memfd_create("result", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(file, bytes(100))
    again = os.open(f"/proc/self/fd/{file}", os.O_WRONLY)
    fcntl.fcntl(file, F_ADD_SEALS, ALL_SEALS)
    os.close(file)
    return again


def azureml_main():
    from quern import channel
    asked = {"file": (channel.FILE, "x"), "bytes": (channel.PUT, "team/x"), "dataset": (channel.WRITE, "team/y")}
    say({name: tried(channel.ask, kind, key, "", 0, unreadable()) for name, (kind, key) in asked.items()})
    conversation(channel.line.fileno()).sendmsg(
        [RESULT.pack(3, 1, 0, 0, 0, 0, 0, b"", b"")],
        [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [unreadable()]))])
