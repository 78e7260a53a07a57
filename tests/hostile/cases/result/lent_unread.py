# SPDX-License-Identifier: Apache-2.0
"""D12: returns every file that it is lent, and leaves the records that brought them in its queue, where it only looks at them
(MSG_PEEK): who waits for room there to lend the next one would wait for ever."""
import array
import fcntl
import os
import socket
import stat
import struct
import time

EXPECT = {"options": ["--timeout", "40s"], "reason": "bad_result",
          "message": "the script's process does not take the files that it is lent",
          "no_control": "outside there is no channel"}
RESULT = struct.Struct("=IIIIiIQ256s4096s")
SO_PEEK_OFF, F_ADD_SEALS, ALL_SEALS = 42, 1033, 15


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
    own.setsockopt(socket.SOL_SOCKET, SO_PEEK_OFF, 0)
    for port in range(1, 64):
        _, sent, _, _ = own.recvmsg(1 << 14, socket.CMSG_SPACE(4), socket.MSG_PEEK)
        file = struct.unpack("i", sent[0][2])[0]
        fcntl.fcntl(file, F_ADD_SEALS, ALL_SEALS)
        own.sendmsg([RESULT.pack(3, 0, 0, 0, 1, 0, 0, b"p%d" % port, b"")],
                    [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [file]))])
        os.close(file)
        print(port, flush=True)
    time.sleep(1000)
