# SPDX-License-Identifier: Apache-2.0
"""G3: signals by thread: tkill, tgkill, with a code that only the kernel may send."""
import ctypes
import os

from attack import say, system_call, tried

EXPECT = {
    "found": {"tgkill": "EPERM", "tkill": "EPERM", "queued, as the kernel": "EPERM", "others": 0},
    "unscoped": {"tgkill": "ok", "tkill": "ok"},
    "free": {"tgkill": "ok", "tkill": "ok", "queued, as the kernel": "EPERM", "others": 1},
}
SYS_TKILL, SYS_TGKILL, SYS_RT_SIGQUEUEINFO, SIGTERM = 200, 234, 129, 15


def azureml_main():
    info = ctypes.create_string_buffer(bytes([SIGTERM]) + bytes(7) + (0x80).to_bytes(4, "little"), 128)  # SI_KERNEL
    others = sum(tried(system_call, SYS_TGKILL, pid, pid, 0) == "ok" for pid in range(2, 400) if pid != os.getpid())
    say({"tgkill": tried(system_call, SYS_TGKILL, 1, 1, 0), "tkill": tried(system_call, SYS_TKILL, 1, 0),
         "queued, as the kernel": tried(system_call, SYS_RT_SIGQUEUEINFO, 1, SIGTERM, info), "others": others})
