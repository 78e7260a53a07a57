# SPDX-License-Identifier: Apache-2.0
"""P12: becomes another program, which imitates the channel of the result, or says nothing."""
import os

EXPECT = {"reason": "exit:3", "message": "the script ended its process with code 3 and returned nothing", "free": None,
          "end": "exit 3"}


def azureml_main():
    os.execv("/bin/sh", ["sh", "-c", "for fd in 3 4 5 6 7 8 9; do echo done >&$fd; done 2>/dev/null; exit 3"])
