# SPDX-License-Identifier: Apache-2.0
"""W6, W7: a link, a pipe, a directory, a second name, a socket where the picture is looked for after the job."""
import os

from attack import say

EXPECT = {
    "found": {"made": 6}, "record": {"pictures": {"count": 0}},
    "warnings": ["a.png: not a regular file that can be read, left out", "b.png: not a regular file that can be read, left out",
                 "c.png/d.png: not a regular file that can be read, left out",
                 "visualization.png: not a regular file that can be read, left out"],
    "no_control": "the collecting is quern's; that it takes a regular file is shown by every test with pictures",
}


def azureml_main():
    os.symlink("/etc/passwd", "a.png")
    os.mkfifo("b.png")
    os.mkdir("c.png")
    os.symlink("/run/planted/picture.png", "c.png/d.png")
    os.symlink("/", "up")
    os.symlink("up", "visualization.png")
    say({"made": 6})
