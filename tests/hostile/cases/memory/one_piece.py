# SPDX-License-Identifier: Apache-2.0
"""M1: 64 GB in one piece, 1 TB of lazy zeros (M13): refused at once, or never touched."""
import numpy as np

from attack import say, tried

EXPECT = {
    "options": ["--memory", "512M"],
    "found": {"bytearray": "MemoryError", "zeros": "MemoryError", "caught": True},
    "free": {"bytearray": "MemoryError", "zeros": "MemoryError", "caught": True},
}


def azureml_main():
    say({"bytearray": tried(lambda: bytearray(64 << 30) and None), "zeros": tried(lambda: np.zeros(1 << 37) and None),
         "caught": True})
