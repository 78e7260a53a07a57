# SPDX-License-Identifier: Apache-2.0
"""P7: a grandchild writes into the channel of the result, before the script has returned and after that."""
import os
import stat

from quern import channel

from attack import say, tried

EXPECT = {
    "reason": "bad_result", "message": "answer 2021161080 of the script's process is unknown",
    "no_control": "outside there is no channel",
}
RECORD_BYTES = 4384  # of an answer: any other size is refused as none


def channels():
    for fd in range(3, 64):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode) and fd != channel.line.fileno():
                yield fd
        except OSError:
            continue


def azureml_main():
    read_end, write_end = os.pipe()
    if os.fork() == 0:
        tried(os.setsid)
        while True:
            for fd in channels():
                tried(os.write, fd, b"x" * RECORD_BYTES)
                os.write(write_end, b"x")
    say({"written": os.read(read_end, 1) == b"x"})
