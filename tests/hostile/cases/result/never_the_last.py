# SPDX-License-Identifier: Apache-2.0
"""A13: hands over one result after the other, each within the limit and all together not, and does not end: nobody adds them up
before it does, and the worker has the memory of all."""
import os
import time

import conversation

EXPECT = {"reason": "limit:output", "message": "all results together are larger than their limit of 16 MiB (--result)",
          "options": ["--result", "16M", "--timeout", "30s"], "no_control": "outside there is no channel"}


def result(own, mib):
    file = conversation.borrow(own)
    for _ in range(mib):
        os.write(file, bytes(1 << 20))
    conversation.seal(file)
    return file


def azureml_main():
    own = conversation.find()
    for port in range(1, 64):
        file = result(own, 6)
        conversation.answer(own, file, detail=1, name=b"p%d" % port)
        os.close(file)
    time.sleep(1000)
