# SPDX-License-Identifier: Apache-2.0
"""A2: pictures with a bomb in their text, a wrong sum, a page of HTML behind, a thousand frames, and none of a picture."""
import struct
import zlib

from attack import say

EXPECT = {
    "found": {"made": 6}, "no_control": "the pictures are read by quern",
    "warnings": ["sum.png: chunk IDAT at byte 33: expected checksum 2eb83c7e, found 2eb83c7f",
                 "inflated.png: expected 72 bytes of pixels, found more"],
}
SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
BODY = zlib.compress((b"\0" + bytes(8)) * 8)


def chunk(kind, data, wrong=0):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data) ^ wrong)


def azureml_main():
    bomb = zlib.compress(bytes(64 << 20), 9)
    start, end = SIGNATURE + chunk(b"IHDR", HEADER), chunk(b"IDAT", BODY) + chunk(b"IEND", b"")
    pictures = {
        "text": start + chunk(b"zTXt", b"x\0\0" + bomb) + end, "profile": start + chunk(b"iCCP", b"x\0\0" + bomb) + end,
        "sum": start + chunk(b"IDAT", BODY, wrong=1) + chunk(b"IEND", b""),
        "page": start + end + b"<html><script>alert(1)</script></html>", "inflated": start + chunk(b"IDAT", bomb) + chunk(b"IEND", b""),
        "frames": start + chunk(b"acTL", struct.pack(">II", 1000000, 0)) * 1000 + end,
    }
    for name, data in pictures.items():
        with open(f"{name}.png", "wb") as file:
            file.write(data)
    say({"made": len(pictures)})
