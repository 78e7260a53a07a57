# SPDX-License-Identifier: Apache-2.0
"""N16: looks for descriptors that were left open: sockets that lead out of the jail, directories, memory of others."""
import os
import socket
import stat

from attack import say

EXPECT = {
    "found": {"sockets": ["SEQPACKET to nobody's name", "SEQPACKET to nobody's name"], "directories": 0, "devices": ["null"], "anonymous": []},
    "no_control": "what is inherited is what quern lets be inherited",
}


def peer(fd):
    own = socket.socket(fileno=os.dup(fd))
    kind = {socket.SOCK_STREAM: "STREAM", socket.SOCK_DGRAM: "DGRAM", socket.SOCK_SEQPACKET: "SEQPACKET"}[own.type]
    return f"{kind} to {own.getpeername() or own.getsockname() or 'nobody' + chr(39) + 's name'}"


def azureml_main():
    found = {"sockets": [], "directories": 0, "devices": [], "anonymous": []}
    for fd in range(4096):
        try:
            mode, link = os.fstat(fd).st_mode, os.readlink(f"/proc/self/fd/{fd}")
        except OSError:
            continue
        if stat.S_ISSOCK(mode):
            found["sockets"].append(peer(fd))
        elif stat.S_ISCHR(mode):
            found["devices"].append(os.path.basename(link))
        found["directories"] += stat.S_ISDIR(mode)
        found["anonymous"] += [link] if "anon_inode" in link or "memfd" in link else []
    say(found)
