# SPDX-License-Identifier: Apache-2.0
"""D12: returns every file that it is lent, and leaves the records that brought them in its queue, where it only looks at them
(MSG_PEEK): who waits for room there to lend the next one would wait for ever."""
import os
import socket
import time

import conversation

EXPECT = {"options": ["--timeout", "40s"], "reason": "bad_result",
          "message": "the script's process does not take the files that it is lent",
          "no_control": "outside there is no channel"}
SO_PEEK_OFF = 42


def azureml_main():
    own = conversation.find()
    own.setsockopt(socket.SOL_SOCKET, SO_PEEK_OFF, 0)
    for port in range(1, 64):
        file = conversation.borrow(own, socket.MSG_PEEK)
        conversation.seal(file)
        conversation.answer(own, file, detail=1, name=b"p%d" % port)
        os.close(file)
        print(port, flush=True)
    time.sleep(1000)
