# SPDX-License-Identifier: Apache-2.0
"""M4: takes the one memory file that it is lent, for its result, fills it and puts it away in the queue of a socket."""
import array
import os
import socket
import stat
import struct
import time

EXPECT = {
    "options": ["--memory", "256M", "--timeout", "30s"], "reason": "limit:memory",
    "like": "the script's processes took .* MiB of memory, more than their limit of 256 MiB",
    "no_control": "outside there is no channel", "short": True,
}
MIB = 1 << 20


def conversation(line):
    for fd in range(3, 256):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode) and fd != line:
                return socket.socket(fileno=os.dup(fd), family=socket.AF_UNIX, type=socket.SOCK_SEQPACKET)
        except OSError:
            continue


def azureml_main():
    from quern import channel
    own = conversation(channel.line.fileno())
    _, sent, _, _ = own.recvmsg(1 << 14, socket.CMSG_SPACE(4))
    file = struct.unpack("i", sent[0][2])[0]
    ends = socket.socketpair()
    ends[0].sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [file]))])
    for _ in range(768):
        os.write(file, bytes(MIB))
    os.close(file)
    time.sleep(1000)
