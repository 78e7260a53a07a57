# SPDX-License-Identifier: Apache-2.0
"""D9: closes all its streams and goes on."""
import os

EXPECT = {"found": None, "free": None}


def azureml_main():
    for fd in (0, 1, 2):
        os.close(fd)
    for _ in range(3):
        os.open("/dev/null", os.O_RDWR)
    os.write(1, b"nobody hears this")
