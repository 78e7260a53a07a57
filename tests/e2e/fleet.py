# SPDX-License-Identifier: Apache-2.0
"""A queue of the test's own: a real redis-server on a unix socket, a store in a directory, `quern` beside it, and a worker
that does what the test tells it (tests/unit/worker_tool.c)."""
import contextlib
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("QUERN_BIN", ROOT / "build/bin")).resolve()
sys.path.insert(0, str(ROOT / "tests/module"))

from redis_private import Redis, Server  # noqa: E402  (the path above finds it)

REASONS = re.findall(r'^REASON\(\w+, "([^"]*)"', (ROOT / "schemas/words.def").read_text(), re.M)


class Done:
    """What a command came to: exit code and streams."""

    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    def __iter__(self):
        return iter((self.code, self.out, self.err))


class Worker:
    """Claims and ends jobs by hand."""

    def __init__(self, url, queue):
        self.process = subprocess.Popen([BIN / "worker_tool", url, queue], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def tell(self, *words):
        print(*words, file=self.process.stdin, flush=True)
        return self.process.stdout.readline().strip()

    def claim(self):
        return self.tell("claim")

    def log(self, data, stream=1):
        assert self.tell("log", stream, data.hex()) == "ok"

    def progress(self, text):
        assert self.tell("progress", text.encode().hex()) == "ok"

    def complete(self, manifest="{}"):
        assert self.tell("complete", manifest.encode().hex()) == "ok"

    def fail(self, reason, detail=0, text="it failed"):
        """The state that came of it."""
        return self.tell("fail", REASONS.index(reason), detail, text.encode().hex())

    def beat(self, name, info="idle"):
        return self.tell("beat", name, info.encode().hex())

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=20)
        self.process.stdout.close()


class Fleet:
    """directory: where the store and the user's files are."""

    def __init__(self, directory, queue="default", store=True):
        self.directory, self.queue, self.workers = directory, queue, []
        self.server = Server()
        self.url = f"unix:{self.server.path}"
        self.redis = Redis(self.server.path)
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(directory), "LC_ALL": "C.UTF-8", "TERM": "xterm",
                            "XDG_DATA_HOME": str(directory / "data"), "XDG_CONFIG_HOME": str(directory / "config"),
                            "XDG_STATE_HOME": str(directory / "state"), "QUERN_REDIS_URL": self.url}
        if store:
            self.set_home()

    def set_home(self, environments=""):
        conf = f"quern:{{{self.queue}}}:conf"
        self.redis("HSET", conf, "store", f"file:{self.directory}/store", "environments", environments)

    def quern(self, *words, timeout=60, stdin=subprocess.DEVNULL, text=True, **more):
        done = subprocess.run([BIN / "quern", *map(os.fspath, words)], cwd=self.directory, stdin=stdin, text=text,
                              env={**self.environment, **more}, capture_output=True, timeout=timeout)
        return Done(done)

    @contextlib.contextmanager
    def start(self, *words, **more):
        """The same, running, as a Popen; it does not outlive the `with`."""
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **more}
        process = subprocess.Popen([BIN / "quern", *map(os.fspath, words)], cwd=self.directory, env=self.environment,
                                   stdin=subprocess.DEVNULL, **streams)
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def submit(self, *words):
        """The id that `quern submit` prints."""
        code, out, err = self.quern("submit", *words)
        assert (code, err) == (0, "")
        return out.strip()

    def worker(self):
        self.workers.append(Worker(self.url, self.queue))
        return self.workers[-1]

    def keys(self):
        return sorted(key.decode() for key in self.redis("KEYS", "*"))

    def close(self):
        for worker in self.workers:
            worker.close()
        self.redis.close()
        self.server.stop()
