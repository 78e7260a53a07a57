# SPDX-License-Identifier: Apache-2.0
"""N12: io_uring, whose operations no filter sees: opens sockets and files behind its back."""
import ctypes

from attack import say, system_call, tried

EXPECT = {"found": {"setup": "ENOSYS", "enter": "ENOSYS", "register": "ENOSYS"},
          "free": {"setup": "ok", "enter": "EBADF", "register": "EINVAL"}}


def azureml_main():
    say({"setup": tried(system_call, 425, 4, ctypes.create_string_buffer(120)),
         "enter": tried(system_call, 426, -1, 0, 0, 0, 0, 0), "register": tried(system_call, 427, -1, 99, 0, 0)})
