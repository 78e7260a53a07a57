# SPDX-License-Identifier: Apache-2.0
"""Redis, hosts, a store and the command line, together."""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from fleet.host import Host
from fleet.places import RELEASE
from fleet.redis import Redis
from fleet.server import Server
from fleet.waiting import PATIENCE_SECONDS, eventually
from fleet.worker import Worker

ENDED = ("succeeded", "failed", "cancelled")
TOLD_BYTES = 20_000


class Done:
    """What a command came to: exit code and streams."""

    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    def __iter__(self):
        return iter((self.code, self.out, self.err))


class Fleet:
    """directory: for the store, the hosts and the user's files; one of its own unless it is given.

    programs: RELEASE or DEV. store: its URL, in which {directory} and {redis}, a store's URL for the fleet's Redis, are
    filled in. environments: those that the queue's home names; None: the first host names its home. server: a Server, if
    not an ordinary one. around: a command in front of `quern` that becomes it.
    """

    def __init__(self, directory=None, programs=RELEASE, queue="default", store="file:{directory}/store",
                 environments="default", server=None, around=()):
        self.own = directory is None
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="quern-fleet-")) if self.own else directory
        self.command, self.programs = [*around, programs / "quern"], programs
        self.queue, self.server = queue, server or Server()
        self.redis, self.url = Redis(self.server.path), self.server.url
        self.store = self.directory / "store"
        self.store_url = store.format(directory=self.directory, redis=self.server.store_url)
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.directory), "LC_ALL": "C.UTF-8", "TERM": "xterm",
                            "XDG_DATA_HOME": str(self.directory / "data"),
                            "XDG_CONFIG_HOME": str(self.directory / "config"),
                            "XDG_STATE_HOME": str(self.directory / "state"), "QUERN_REDIS_URL": self.url}
        self.hosts, self.workers, self.scripts = [], [], 0
        if environments is not None:
            self.set_home(environments)

    def set_home(self, environments, queue=None):
        self.redis("HSET", f"quern:{{{queue or self.queue}}}:conf", "store", self.store_url, "environments", environments)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """pytest shows what is printed when a test failed."""
        for host in self.hosts:
            print(f"---- {host.name}", host.log.read_text(errors="replace")[-TOLD_BYTES:], sep="\n")
        self.close()

    def close(self):
        for process in [*self.workers, *self.hosts]:
            process.close()
        self.redis.close()
        self.server.close()
        if self.own:
            shutil.rmtree(self.directory)

    # ---- who works ----

    def host(self, name=None, *, programs=None, environment=None, around=(), fail=(), **settings):
        """Starts a quernd with settings by section: host(queue={"lease": "30s"}, workers={"count": 2})."""
        self.hosts.append(Host(self, name or f"host{len(self.hosts) + 1}", settings, programs or self.programs,
                               environment or {}, around, fail))
        return self.hosts[-1]

    def worker(self):
        """A worker that the test drives by hand."""
        self.workers.append(Worker(self.programs, self.url, self.queue))
        return self.workers[-1]

    # ---- the command line ----

    def quern(self, *words, timeout=PATIENCE_SECONDS, stdin=subprocess.DEVNULL, text=True, **more):
        """Done, however it ended. more: of its environment."""
        return Done(subprocess.run([*self.command, *map(os.fspath, words)], cwd=self.directory, stdin=stdin, text=text,
                                   env={**self.environment, **more}, capture_output=True, timeout=timeout))

    def says(self, *words):
        """What it prints, when all is well."""
        code, out, err = self.quern(*words)
        assert code == 0, err
        return out

    @contextlib.contextmanager
    def start(self, *words, **streams):
        """The same, running, as a Popen; it does not outlive the `with`."""
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **streams}
        process = subprocess.Popen([*self.command, *map(os.fspath, words)], cwd=self.directory, env=self.environment,
                                   stdin=subprocess.DEVNULL, **streams)
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def script(self, text):
        """A file with it."""
        self.scripts += 1
        path = self.directory / f"script{self.scripts}.py"
        path.write_text(text)
        return path

    def submit(self, script, *options):
        """The id of a job. script: a file's name, or its text."""
        path = script if str(script).endswith(".py") else self.script(script)
        code, out, err = self.quern("submit", path, "--no-check", *options)
        assert (code, err) == (0, "")
        return out.strip()

    def inspect(self, job):
        return json.loads(self.says("inspect", job))

    # ---- what is in Redis, and in the store ----

    def key(self, *parts):
        return ":".join([f"quern:{{{self.queue}}}", *parts])

    def keys(self):
        return sorted(key.decode() for key in self.redis("KEYS", "*"))

    def state(self, job):
        value = self.redis("HGET", self.key("job", job), "st")
        return value.decode() if value else None

    def wait(self, job, *states):
        """Until the job is in one of the states, or has ended: the state."""
        return eventually(lambda: (state := self.state(job)) in (*states, *ENDED) and state, f"{job} is {states or ENDED}")

    def in_state(self, job, *states):
        """Its record, once it is in one of the states."""
        state = self.wait(job, *states)
        record = self.inspect(job)
        assert state in states, record
        return record

    def begun(self, job, line="begun"):
        """Until the job's script has printed this line."""
        eventually(lambda: line in self.says("logs", job).splitlines(), f"{job} has printed {line}")

    def names(self, prefix=""):
        """The queue's catalogue: key -> version."""
        rows = self.redis("ZRANGE", self.key("names"), 0, -1)
        pairs = (row.split(b"\0", 1) for row in rows)
        named = {key.decode(): rest.split()[0].decode() for key, rest in pairs}
        return {key: version for key, version in named.items() if key.startswith(prefix)}

    def bytes_of(self, key):
        return (self.store / "objects" / self.names()[key]).read_bytes()

    def tamper(self, job, **fields):
        """Changes the document of a job that waits, as a client of another make might have written it."""
        document = {**json.loads(self.redis("GET", self.key("spec", job))), **fields}
        self.redis("SET", self.key("spec", job), json.dumps(document))
        return document
