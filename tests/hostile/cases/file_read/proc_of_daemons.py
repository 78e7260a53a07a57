# SPDX-License-Identifier: Apache-2.0
"""R6: what /proc tells of all other processes, quern's own among them, which at level minimal have the script's uid and are in
sight: environment, memory, descriptors."""
import os

from attack import say, tried

SECRETS = ("environ", "mem", "maps", "cwd", "root", "fd", "exe", "stack", "auxv", "map_files", "task/{pid}/environ", "fd/0", "fd/4")
EXPECT = {
    "found": {"others": False, "read": []},
    "minimal": {"found": {"others": True, "read": ["fd"]}},  # the list; what they lead to is closed, see fd/0
    "not_stopped": {"minimal": "count the open files of other processes of the user"},
    "no_control": "proc_of_init.py has it",
}


def look(path):
    if os.path.isdir(path):
        return os.listdir(path)
    if os.path.islink(path):
        return os.readlink(path)
    with open(path, "rb") as file:
        return file.read(1) if not path.endswith("mem") else None


def azureml_main():
    others = [name for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]
    read = {what for pid in others for what in SECRETS if tried(look, f"/proc/{pid}/{what.format(pid=pid)}") == "ok"}
    say({"others": bool(others), "read": sorted(read)})
