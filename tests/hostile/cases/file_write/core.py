# SPDX-License-Identifier: Apache-2.0
"""W15: dies so that the kernel writes its memory into a file."""
import ctypes
import os
import resource

from attack import in_child, say

EXPECT = {"found": {"signal": -11, "limit": [0, 0], "files": []}, "free": {"signal": -11, "limit": [0, 0], "files": []}}


def die():
    resource.setrlimit(resource.RLIMIT_CORE, resource.getrlimit(resource.RLIMIT_CORE))
    ctypes.string_at(0)


def azureml_main():
    signal = in_child(die)
    say({"signal": signal, "limit": list(resource.getrlimit(resource.RLIMIT_CORE)),
         "files": [name for name in os.listdir(".") if "core" in name]})
