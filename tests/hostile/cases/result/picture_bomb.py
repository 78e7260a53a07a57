# SPDX-License-Identifier: Apache-2.0
"""A1: a picture of 60000 x 60000 points in a few hundred bytes."""
import struct
import zlib

from attack import say

EXPECT = {"found": {"bytes": True}, "warnings": ["bomb.png: 60000 x 60000 pixels: expected at most 32767 on a side"], "no_control": "the picture is read by quern"}


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def azureml_main():
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1 << 20))) + chunk(b"IEND", b"")
    with open("bomb.png", "wb") as file:
        file.write(data)
    say({"bytes": len(data) < 2000})
