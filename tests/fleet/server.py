# SPDX-License-Identifier: Apache-2.0
"""A redis-server of the test's own."""
import contextlib
import pathlib
import shutil
import signal
import subprocess
import tempfile

from fleet.processes import die_with_parent
from fleet.redis import Redis, RedisError
from fleet.waiting import eventually


class Server:
    """A server until close(); it dies with the test, however that ends. It keeps what it has said it has over kill() and
    start().

    options: of redis-server, behind ours. tcp: (address, port), to be reached there beside the unix socket. around: a
    command in front, such as ("ip", "netns", "exec", "east"), that becomes the server.
    """

    def __init__(self, *options, tcp=None, around=()):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="quern-redis-"))  # short: a socket's path has 107 bytes
        self.path, self.options, self.tcp, self.around = self.directory / "s", options, tcp, around
        self.process, self.redis = None, Redis(self.path)
        self.start()

    @property
    def url(self):
        return f"redis://{self.tcp[0]}:{self.tcp[1]}" if self.tcp else f"unix:{self.path}"

    @property
    def store_url(self):
        """The same server as the home of objects."""
        return f"redis://{self.tcp[0]}:{self.tcp[1]}" if self.tcp else f"redis+unix:{self.path}"

    def listens(self):
        if not self.tcp:
            return ["--port", "0"]
        return ["--bind", self.tcp[0], "--port", str(self.tcp[1]), "--protected-mode", "no"]

    def start(self):
        """Without fsync: what was written outlives the process, if not the machine."""
        self.process = subprocess.Popen(
            [*self.around, "redis-server", *self.listens(), "--unixsocket", self.path, "--dir", self.directory, "--save", "",
             "--appendonly", "yes", "--appendfsync", "no", "--maxmemory-policy", "noeviction", *self.options],
            stdout=subprocess.DEVNULL, preexec_fn=die_with_parent)
        eventually(self.answers, "redis-server")

    def answers(self):
        assert self.process.poll() is None, f"redis-server ended with {self.process.returncode}"
        try:
            self.redis("PING")
        except RedisError as error:
            return str(error).startswith(("NOAUTH", "NOPERM"))
        except (OSError, EOFError):
            return False
        return True

    def kill(self):
        self.process.kill()
        self.process.wait()

    def pause(self):
        """It is silent, and its connections stay, until resume()."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    @contextlib.contextmanager
    def paused(self):
        self.pause()
        try:
            yield
        finally:
            self.resume()

    def close(self):
        self.redis.close()
        self.kill()
        shutil.rmtree(self.directory)
