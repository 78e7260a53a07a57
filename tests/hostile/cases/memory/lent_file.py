# SPDX-License-Identifier: Apache-2.0
"""M4: takes the one memory file that it is lent, for its result, fills it and puts it away in the queue of a socket."""
import os
import socket
import time

import conversation

EXPECT = {
    "options": ["--memory", "256M", "--timeout", "30s"], "reason": "limit:memory",
    "like": "the script's processes took .* MiB of memory, more than their limit of 256 MiB",
    "no_control": "outside there is no channel", "short": True,
}
MIB = 1 << 20


def azureml_main():
    file = conversation.borrow(conversation.find())
    ends = socket.socketpair()
    conversation.put(ends[0], b"x", file)
    for _ in range(768):
        os.write(file, bytes(MIB))
    os.close(file)
    time.sleep(1000)
