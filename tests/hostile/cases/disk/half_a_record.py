# SPDX-License-Identifier: Apache-2.0
"""D11: half a record into the result's channel, and then nothing for ever."""
import os
import socket
import stat

from quern import channel

EXPECT = {
    "reason": "bad_result", "message": "the script's process sent a record that is none",
    "no_control": "outside there is no channel",
}


def azureml_main():
    for fd in range(3, 256):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode) and fd != channel.line.fileno():
                socket.socket(fileno=os.dup(fd), family=socket.AF_UNIX, type=socket.SOCK_SEQPACKET).send(b"x" * 100)
        except OSError:
            continue
    while True:
        pass
