# SPDX-License-Identifier: Apache-2.0
"""D12: asks its worker and takes no reply: over sockets that are full, or that are none. Who waits for it to read would wait for
ever."""
import array
import os
import socket

from attack import say

EXPECT = {"found": {"asked": 60}, "no_control": "outside there is no channel"}


def ask(channel, reply):
    record = channel.REQUEST.pack(channel.LIST, 0, channel.NOBODY, 0, b"", b"")
    channel.line.sendmsg([record], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [reply]))])


def full_socket():
    """Nobody reads the other end, which stays open."""
    mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    theirs.setblocking(False)
    try:
        while True:
            theirs.send(bytes(30000))
    except BlockingIOError:
        return mine, theirs


def azureml_main():
    from quern import channel
    asked, full, (reader, writer) = 0, full_socket(), os.pipe()
    for _ in range(10):
        for reply in (full[1].fileno(), reader, writer, 0, 1, os.open(".", os.O_PATH)):
            ask(channel, reply)
            asked += 1
    say({"asked": asked})
