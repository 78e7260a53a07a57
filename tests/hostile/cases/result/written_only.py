# SPDX-License-Identifier: Apache-2.0
"""A13: hands over files by descriptors that cannot be read: that its worker cannot would be the host's fault, and the job another
host's."""
import os

import conversation
from attack import say, tried

EXPECT = {"reason": "bad_result", "message": "expected a sealed memory file, found one that cannot be read",
          "found": {"file": "ValueError", "bytes": "ValueError", "dataset": "ValueError"}, "options": ["--write", "team"],
          "no_control": "outside there is no channel"}


def azureml_main():
    from quern import channel
    own = conversation.find()
    with open("written", "wb") as written:
        written.write(bytes(100))
    asked = {"file": (channel.FILE, "x"), "bytes": (channel.PUT, "team/x"), "dataset": (channel.WRITE, "team/y")}
    say({name: tried(channel.ask, kind, key, "", 0, os.open("written", os.O_WRONLY)) for name, (kind, key) in asked.items()})
    lent = conversation.borrow(own)
    os.write(lent, bytes(100))
    unreadable = os.open(f"/proc/self/fd/{lent}", os.O_WRONLY)
    conversation.seal(lent)
    conversation.answer(own, unreadable, port=1)
