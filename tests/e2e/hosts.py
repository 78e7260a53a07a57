# SPDX-License-Identifier: Apache-2.0
"""Hosts of a fleet: real quernds on a private Redis and one store, and `quern` beside them.

    with Fleet(tmp_path) as fleet:
        host = fleet.host()
        job = fleet.submit("def azureml_main(): ...", "-o", "scores")
        assert fleet.wait(job) == "succeeded"

Everything is ended by its own pid when the fleet is closed. `programs`: the directory of the programs; those of the dev
preset have the failpoints of daemon/failpoint.h.
"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/module"))

from redis_private import Redis, Server, die_with_parent  # noqa: E402  (the path above finds it)

RELEASE = ROOT / "build/bin"
DEV = ROOT / "build/dev/bin"
PATIENCE_SECONDS = 120
ENDED = ("succeeded", "failed", "cancelled")


def eventually(what, seconds=PATIENCE_SECONDS):
    """The first true value of what(), looked for until the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        value = what()
        if value:
            return value
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def children(pid):
    """Pids of a process's children."""
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        found += map(int, task.read_text().split())
    return found


def tree(pid):
    """The process and all below it."""
    return [pid] + [one for child in children(pid) for one in tree(child)]


def program(pid):
    try:
        return pathlib.Path(os.readlink(f"/proc/{pid}/exe")).name
    except OSError:
        return ""


class Host:
    """One quernd. fail: (name, "kill" or "stop") of a failpoint in one of its processes, once."""

    def __init__(self, fleet, name, workers=1, lease="2s", fail=None):
        self.fleet, self.name = fleet, name
        self.directory = fleet.directory / name
        self.directory.mkdir()
        self.log = self.directory / "log"
        config = self.directory / "quernd.ini"
        config.write_text(f"[queue]\nurl = {fleet.url}\nlease = {lease}\n[store]\nurl = {fleet.store_url}\n"
                          f"[workers]\ncount = {workers}\nname = {name}\n[log]\nlevel = debug\n")
        environment = {**fleet.environment}
        self.token = self.directory / "token"
        if fail:
            self.token.touch()
            environment["QUERN_FAIL"] = f"{fail[1]}@{fail[0]},{self.token}"
        self.process = subprocess.Popen([fleet.programs / "quernd", "--config", config], env=environment,
                                        stdout=subprocess.DEVNULL, stderr=open(self.log, "wb"),
                                        preexec_fn=die_with_parent)

    def has_failed(self):
        """The failpoint was reached."""
        return not self.token.exists()

    def processes(self, name):
        return [pid for pid in tree(self.process.pid) if program(pid) == name]

    def signal(self, name, number):
        for pid in self.processes(name):
            os.kill(pid, number)

    def stopped(self, name):
        """Those of its processes that are stopped."""
        return [pid for pid in self.processes(name)
                if pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"]

    def drain(self):
        """Ends it in good order: its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE_SECONDS)

    def close(self):
        if self.process.poll() is None:
            for pid in reversed(tree(self.process.pid)):
                os.kill(pid, signal.SIGCONT)
            self.process.send_signal(signal.SIGTERM)
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Fleet:
    """store: the URL of its store, in which {directory} and {redis}, the socket of its Redis, are filled in."""

    def __init__(self, directory, programs=RELEASE, queue="default", store="file:{directory}/store"):
        self.directory, self.programs, self.queue = directory, programs, queue
        self.server = Server()
        self.redis = Redis(self.server.path)
        self.url = f"unix:{self.server.path}"
        self.store = directory / "store"
        self.store_url = store.format(directory=directory, redis=self.server.path)
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(directory), "LC_ALL": "C.UTF-8",
                            "XDG_DATA_HOME": str(directory / "data"), "XDG_CONFIG_HOME": str(directory / "config"),
                            "XDG_STATE_HOME": str(directory / "state"), "QUERN_REDIS_URL": self.url}
        self.redis("HSET", f"quern:{{{queue}}}:conf", "store", self.store_url, "environments", "default")
        self.hosts, self.scripts = [], 0

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind:
            for host in self.hosts:
                print(f"---- {host.name}", host.log.read_text(errors="replace"), sep="\n")
        self.close()

    def close(self):
        for host in self.hosts:
            host.close()
        self.redis.close()
        self.server.stop()

    def host(self, **options):
        self.hosts.append(Host(self, f"host{len(self.hosts) + 1}", **options))
        return self.hosts[-1]

    def quern(self, *words, check=True, timeout=PATIENCE_SECONDS):
        done = subprocess.run([self.programs / "quern", *map(os.fspath, words)], cwd=self.directory, text=True,
                              env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout)
        assert done.returncode == 0 or not check, done.stderr
        return done

    def submit(self, script, *options):
        """The id of a job that runs the script's text."""
        self.scripts += 1
        path = self.directory / f"script{self.scripts}.py"
        path.write_text(script)
        return self.quern("submit", path, *options).stdout.strip()

    def inspect(self, job):
        return json.loads(self.quern("inspect", job).stdout)

    def wait(self, job, *states):
        """Until the job is in one of the states (or has ended): the state."""
        return eventually(lambda: (self.state(job) in (states or ENDED)) and self.state(job))

    def state(self, job):
        value = self.redis("HGET", self.key("job", job), "st")
        return value.decode() if value else None

    def key(self, *parts):
        return ":".join([f"quern:{{{self.queue}}}", *parts])

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
