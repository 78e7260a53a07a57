# SPDX-License-Identifier: Apache-2.0
"""A13: hands over one result after the other, each within the limit and all together not, and does not end: nobody adds them up
before it does, and the worker has the memory of all."""
import array
import fcntl
import os
import socket
import stat
import struct
import time

EXPECT = {"reason": "limit:output", "message": "all results together are larger than their limit of 16777216 (--result)",
          "options": ["--result", "16M", "--timeout", "30s"], "no_control": "outside there is no channel"}
RESULT = struct.Struct("=IIIIiIQ256s4096s")
F_ADD_SEALS, ALL_SEALS = 1033, 15


def conversation(line):
    for fd in range(3, 256):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode) and fd != line:
                return socket.socket(fileno=os.dup(fd), family=socket.AF_UNIX, type=socket.SOCK_SEQPACKET)
        except OSError:
            continue


def result(own, mib):
    _, sent, _, _ = own.recvmsg(1 << 14, socket.CMSG_SPACE(4))  # the file that is lent for it
    file = struct.unpack("i", sent[0][2])[0]
    for _ in range(mib):
        os.write(file, bytes(1 << 20))
    fcntl.fcntl(file, F_ADD_SEALS, ALL_SEALS)
    return file


def azureml_main():
    from quern import channel
    own = conversation(channel.line.fileno())
    for port in range(1, 64):
        file = result(own, 6)
        own.sendmsg([RESULT.pack(3, 0, 0, 0, 1, 0, 0, b"p%d" % port, b"")],
                    [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [file]))])
        os.close(file)
    time.sleep(1000)
