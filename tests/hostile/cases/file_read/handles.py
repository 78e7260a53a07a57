# SPDX-License-Identifier: Apache-2.0
"""R10, R18: files by handle instead of by name."""
import ctypes

from attack import say, system_call, tried

EXPECT = {"found": {"name_to_handle_at": "EPERM", "open_by_handle_at": "EPERM"},
          "free": {"name_to_handle_at": "ok", "open_by_handle_at": "EPERM"}}
SYS_NAME_TO_HANDLE_AT, SYS_OPEN_BY_HANDLE_AT, AT_FDCWD = 303, 304, -100


def azureml_main():
    handle, mount = ctypes.create_string_buffer(b"\x80" + bytes(135), 136), ctypes.c_int()
    say({"name_to_handle_at": tried(system_call, SYS_NAME_TO_HANDLE_AT, AT_FDCWD, b"/etc", handle, ctypes.byref(mount), 0),
         "open_by_handle_at": tried(system_call, SYS_OPEN_BY_HANDLE_AT, AT_FDCWD, handle, 0)})
