# SPDX-License-Identifier: Apache-2.0
"""What hostile scripts share that speak to their worker themselves, past the glue (include/quern/host.h)."""
import array
import fcntl
import os
import socket
import stat
import struct

RESULT = struct.Struct("=IIIIiIQ256s4096s")
KIND = 3
F_ADD_SEALS, ALL_SEALS = 1033, 15


def find():
    """The socket to the worker: of the open ones the one that is not for requests."""
    from quern import channel
    for fd in range(3, 256):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode) and fd != channel.line.fileno():
                return socket.socket(fileno=os.dup(fd), family=socket.AF_UNIX, type=socket.SOCK_SEQPACKET)
        except OSError:
            continue


def borrow(own, flags=0):
    """Descriptor of the file that is lent for the next result."""
    _, sent, _, _ = own.recvmsg(1 << 14, socket.CMSG_SPACE(4), flags)
    return struct.unpack("i", sent[0][2])[0]


def seal(file):
    fcntl.fcntl(file, F_ADD_SEALS, ALL_SEALS)


def put(socket_end, record, file):
    socket_end.sendmsg([record], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [file]))])


def answer(own, file, port=0, detail=0, name=b""):
    """RESULT with a descriptor."""
    put(own, RESULT.pack(KIND, port, 0, 0, detail, 0, 0, name, b""), file)
