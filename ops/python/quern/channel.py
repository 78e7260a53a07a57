# SPDX-License-Identifier: Apache-2.0
"""Requests to the worker (include/quern/request.h), from any thread and any forked process of the job."""
import os
import socket
import struct

import _quern
from quern import scratch

PROGRESS, METRIC, FILE, FIND, READ, BYTES, LIST, WRITE, PUT, REMOVE = range(1, 11)
NAME, TEXT, DATA = 1032, 16384, 61440  # bytes
REQUEST = struct.Struct(f"=IIdQ{NAME}s{TEXT}s")
REPLY = struct.Struct("=IIQ")
NOBODY = float("nan")  # a fraction that is none
ERRORS = {_quern.REASON_NOT_FOUND: FileNotFoundError, _quern.REASON_DENIED: PermissionError}
line = None  # the socket; None outside of a job
say = None  # note(about, text) of the job


def open_line(descriptor, note):
    """Once, in the child. descriptor: of the channel, or -1."""
    global line, say
    # Said beforehand, the kernel need not be asked what kind of socket it is.
    line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, 0, descriptor) if descriptor >= 0 else None
    say = note


def rehearse(note):
    """open_line() with a socket of which nobody has the other end; nothing of it stays."""
    global line
    ours, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    other.close()
    open_line(ours.detach(), note)
    line.close()
    line = None


def packed(what, text, room):
    """UTF-8 with room for its end, or ValueError."""
    made = str(text).encode("utf-8", "replace")
    if len(made) >= room or b"\0" in made:
        raise ValueError(f"the {what} {str(text)[:40]!r}...: expected at most {room - 1} bytes without NUL, found {len(made)}")
    return made


def post(kind, name="", text="", fraction=NOBODY, offset=0, fds=()):
    if line is None:
        raise RuntimeError("quern: there is no worker to ask: this works in a job only")
    record = REQUEST.pack(kind, 0, fraction, offset, packed("name", name, NAME), packed("text", text, TEXT))
    line.sendmsg([record], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack(f"{len(fds)}i", *fds))] if fds else [])


def ask(kind, name="", text="", offset=0, payload=None):
    """(number of the reply, its data, a descriptor or None). Raises what the reply refuses with."""
    mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with mine:
        with theirs:
            post(kind, name, text, offset=offset, fds=(theirs.fileno(),) if payload is None else (theirs.fileno(), payload))
        data, sent, _, _ = mine.recvmsg(REPLY.size + DATA, socket.CMSG_SPACE(4), socket.MSG_CMSG_CLOEXEC)
    if not data:
        raise RuntimeError("quern: the worker did not answer: it is gone")
    reason, count, number = REPLY.unpack_from(data)
    body = data[REPLY.size:REPLY.size + count]
    if reason:
        raise ERRORS.get(reason, OSError if reason == _quern.REASON_LIMIT_OUTPUT else ValueError)(body.decode("utf-8", "replace"))
    return number, body, struct.unpack("i", sent[0][2][:4])[0] if sent else None


def pieces(source):
    if not hasattr(source, "read"):
        yield source
        return
    while True:
        part = source.read(1 << 20)
        if not part:
            return
        yield part.encode() if isinstance(part, str) else part


def give(kind, name, source):
    """Sends bytes, or the rest of a file that is open for reading."""
    fd = scratch.file()
    try:
        with open(fd, "wb", closefd=False) as file:
            for part in pieces(source):
                file.write(part)
        ask(kind, name, payload=fd)
    finally:
        os.close(fd)


def give_path(kind, name, path):
    """Sends what the file there holds, as it is where the worker may read it itself."""
    with open(path, "rb") as source:
        if scratch.is_there(os.fstat(source.fileno())):
            ask(kind, name, payload=source.fileno())
        else:
            give(kind, name, source)
