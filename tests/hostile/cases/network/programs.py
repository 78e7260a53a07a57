# SPDX-License-Identifier: Apache-2.0
"""N15: lets others do it: bash's /dev/tcp, Python, perl."""
import subprocess

from attack import say

EXPECT = {"found": {"bash": False, "python": False, "perl": False}, "free": {"bash": True, "python": True, "perl": True}}
COMMANDS = {
    "bash": ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/9471"],
    "python": ["/usr/bin/python3", "-SEc", "import socket; socket.create_connection(('127.0.0.1', 9471))"],
    "perl": ["perl", "-MSocket", "-e", "socket(S, AF_INET, SOCK_STREAM, 0) && connect(S, "
             "sockaddr_in(9471, inet_aton('127.0.0.1'))) || die"],
}


def azureml_main():
    say({name: subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0 for name, command in COMMANDS.items()})
