# SPDX-License-Identifier: Apache-2.0
"""N17: the address at which clouds give out credentials, and the port of Redis."""
import socket

from attack import say, tried

EXPECT = {"found": {"metadata": "EAFNOSUPPORT", "redis": "EAFNOSUPPORT"},
          "free": {"metadata": "ENETUNREACH", "redis": "ECONNREFUSED"}}


def azureml_main():
    say({"metadata": tried(socket.create_connection, ("169.254.169.254", 80), 2),
         "redis": tried(socket.create_connection, ("127.0.0.1", 6379), 2)})
