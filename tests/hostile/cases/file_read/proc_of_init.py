# SPDX-License-Identifier: Apache-2.0
"""R5, R6: what /proc tells of the first process, which is the parent: environment, memory, root, descriptors."""
import os

from attack import say, tried

NAMES = ("environ", "mem", "maps", "cwd", "root", "fd", "exe", "stack", "auxv", "map_files", "task/1/environ", "cmdline")
EXPECT = {
    "found": {"1": []},
    "minimal": {"found": {"1": ["cmdline"]}},
    "not_stopped": {"minimal": "read the command lines of the machine's processes, and what else /proc shows to everybody"},
    "free": {"1": ["environ", "mem", "maps", "cwd", "root", "fd", "exe", "auxv", "map_files", "task/1/environ",
                   "cmdline"]},
}


def look(path):
    if os.path.islink(path):
        os.readlink(path)
    elif os.path.isdir(path):
        os.listdir(path)
    else:
        with open(path, "rb") as file:
            return file.read(1) if not path.endswith("mem") else None


def azureml_main():
    say({name: [what for what in NAMES if tried(look, f"/proc/{pid}/{what}") == "ok"]
         for name, pid in (("1", 1),)})
