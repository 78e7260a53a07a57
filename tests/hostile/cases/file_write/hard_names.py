# SPDX-License-Identifier: Apache-2.0
"""W10: files whose names hurt who lists them: newlines, no UTF-8, 255 bytes, options, escapes of terminals."""
import os

from attack import say

NAMES = [b"a\nb.png", b"\xff\xfe.png", b"x" * 251 + b".png", b"-rf", b"--help.png", b"\x1b]0;gone\x07.png", b"%n%s%s.png",
         b"'; rm -rf ~;'.png", b"\xe2\x80\xae gnp.png", b" .png", b"...png"]
EXPECT = {"found": {"made": 11}, "free": {"made": 11}}


def azureml_main():
    for name in NAMES:
        with open(name, "wb") as file:
            file.write(b"no picture")
    say({"made": len(set(NAMES) & set(os.listdir(b".")))})
