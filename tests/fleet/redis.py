# SPDX-License-Identifier: Apache-2.0
"""The little of Redis' protocol that tests need.

Replies: int, bytes, None, list; an error is raised as RedisError. Scripts are loaded when Redis does not know them.
"""
import hashlib
import socket

from fleet.waiting import PATIENCE_SECONDS


class RedisError(Exception):
    pass


class Redis:
    """One connection to a unix socket, made anew when the server is. Commands may be sent as a pipeline: one list of
    commands, one list of replies."""

    def __init__(self, path):
        self.path, self.socket, self.file = path, None, None

    def connect(self):
        self.close()
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE_SECONDS)
        self.socket.connect(str(self.path))
        self.file = self.socket.makefile("rb")

    def close(self):
        if self.file:
            self.file.close()
        if self.socket:
            self.socket.close()
        self.socket = self.file = None

    def pipeline(self, commands):
        fresh = self.file is None
        try:
            return self.exchange(commands)
        except (ConnectionError, EOFError):
            if fresh:
                raise
            self.close()
            return self.exchange(commands)

    def exchange(self, commands):
        if self.file is None:
            self.connect()
        self.socket.sendall(b"".join(encode(command) for command in commands))
        return [self.reply() for _ in commands]

    def __call__(self, *command):
        reply = self.pipeline([command])[0]
        if isinstance(reply, RedisError):
            raise reply
        return reply

    def reply(self):
        line = self.file.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            return RedisError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"+":
            return rest
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return None if rest == b"-1" else [self.reply() for _ in range(int(rest))]
        raise EOFError(f"expected a reply, found {line!r}")

    def script(self, code, *args):
        """EVALSHA with one key, as the C client does it."""
        name = hashlib.sha1(code).hexdigest()
        try:
            return self("EVALSHA", name, 1, *args)
        except RedisError as error:
            if not str(error).startswith("NOSCRIPT"):
                raise
        self("SCRIPT", "LOAD", code)
        return self("EVALSHA", name, 1, *args)


def encode(command):
    parts = [part if isinstance(part, bytes) else str(part).encode() for part in command]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
