# SPDX-License-Identifier: Apache-2.0
"""A5: thousands of pictures."""
import struct
import zlib

from attack import say

EXPECT = {"found": {"made": 3000}, "warnings": ["2900 pictures beyond the limit of 100 were left out (--pictures)"], "no_control": "the pictures are collected by quern"}


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def azureml_main():
    data = (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress((b"\0" + bytes(8)) * 8)) + chunk(b"IEND", b""))
    for number in range(3000):
        with open(f"{number:05}.png", "wb") as file:
            file.write(data)
    say({"made": 3000})
