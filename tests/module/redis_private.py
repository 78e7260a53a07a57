# SPDX-License-Identifier: Apache-2.0
"""A redis-server of the test's own on a unix socket, and the little of its protocol that tests need.

Replies: int, bytes, None, list; an error is raised as RedisError. Scripts are loaded when Redis does not know them.
"""
import ctypes
import hashlib
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

READY_SECONDS = 20
PR_SET_PDEATHSIG = 1


class RedisError(Exception):
    pass


class Redis:
    """One connection. Commands may be sent as a pipeline: one list of commands, one list of replies."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(READY_SECONDS)
        self.socket.connect(str(path))
        self.file = self.socket.makefile("rb")

    def close(self):
        self.file.close()
        self.socket.close()

    def pipeline(self, commands):
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


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Server:
    """A server until stop(); it dies with the test, however that ends."""

    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="quern-redis-"))
        self.path = self.dir / "s"
        self.start("no")

    def start(self, append_only):
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", str(self.path), "--dir", str(self.dir), "--save", "",
             "--appendonly", append_only, "--maxmemory-policy", "noeviction"],
            stdout=subprocess.DEVNULL, preexec_fn=die_with_parent)
        self.await_ready()

    def crash(self):
        """SIGKILL. What an append-only file has, again() has, too."""
        self.process.kill()
        self.process.wait()

    def again(self):
        self.start("yes")

    def await_ready(self):
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                redis = Redis(self.path)
                redis("PING")
                redis.close()
                return
            except (OSError, EOFError, RedisError):
                assert self.process.poll() is None and time.monotonic() < deadline
                time.sleep(0.005)

    def stop(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.dir)
