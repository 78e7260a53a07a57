# SPDX-License-Identifier: Apache-2.0
"""A13: two results for one place, behind the back of quern's own glue. To claim another job's there is no word: who it is comes
from the socket."""
import os

import conversation

EXPECT = {"reason": "bad_result", "message": "the output dataset2 was returned twice", "no_control": "outside there is no channel"}


def azureml_main():
    own = conversation.find()
    for _ in range(2):
        file = conversation.borrow(own)
        os.write(file, b"none")
        conversation.seal(file)
        conversation.answer(own, file, port=2)
