# SPDX-License-Identifier: Apache-2.0
"""M14: sockets with large buffers, full of what nobody reads: memory that no process has. The wish for another size is not
heard, though it is answered as if it were."""
import socket

from attack import say, tried

EXPECT = {"found": {"set": "ok", "set with high bits": "ok", "changed": False},
          "free": {"set": "ok", "set with high bits": "ok", "changed": True}}


def azureml_main():
    import ctypes
    from attack import system_call
    one, other = socket.socketpair()
    size = one.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
    told = tried(one.setsockopt, socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 14)
    wanted = ctypes.c_int(1 << 14)
    high = tried(system_call, 54, other.fileno(), 1 << 32 | socket.SOL_SOCKET, 1 << 32 | socket.SO_SNDBUF,
                 ctypes.addressof(wanted), 4)
    sizes = {end.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) for end in (one, other)}
    say({"set": told, "set with high bits": high, "changed": sizes != {size}})
