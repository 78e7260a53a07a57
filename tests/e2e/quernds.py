# SPDX-License-Identifier: Apache-2.0
"""A fleet of a test's own: a redis-server on a unix socket, any number of quernd, a store, all in one directory below /tmp
(a socket's path is short). Everything dies with the test: by its own pid, and by the parent-death signal."""
import ctypes
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
RELEASE = ROOT / "build" / "bin"
DEV = ROOT / "build" / "dev" / "bin"  # sanitizers and failpoints
PR_SET_PDEATHSIG = 1


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def until(what, condition, seconds=30):
    """Polls `condition` until it gives something true, and returns that; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.02)


class Redis:
    """A redis-server that keeps its data over a crash."""

    def __init__(self, directory, *options):
        self.directory, self.socket, self.options = directory, directory / "redis", options
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.socket, "--dir", self.directory, "--save", "",
             "--appendonly", "yes", "--appendfsync", "always", "--daemonize", "no", *self.options],
            stdout=subprocess.DEVNULL, preexec_fn=die_with_parent)
        until("redis-server", lambda: self.command("PING", check=False) == "PONG")

    def command(self, *words, check=True):
        done = subprocess.run(["redis-cli", "-s", self.socket, *words], capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, done.stderr
        return done.stdout.strip()

    def kill(self):
        self.process.kill()
        self.process.wait()


class Quernd:
    """One quernd, with settings as {"workers": {"count": 1}}, merged over the fleet's."""

    def __init__(self, fleet, name, settings, programs, environ, around):
        self.http, self.log = fleet.directory / f"{name}.http", fleet.directory / f"{name}.log"
        self.config = fleet.directory / f"{name}.ini"
        self.settings = {"queue": {"url": f"unix:{fleet.redis.socket}", "lease": "2s"},
                         "store": {"url": fleet.store}, "workers": {"count": 1, "name": name},
                         "http": {"listen": self.http}, "log": {"format": "json", "level": "debug"}}
        self.configure(settings)
        self.process = subprocess.Popen([*around, programs / "quernd", "--config", self.config],
                                        stderr=open(self.log, "a"), stdin=subprocess.DEVNULL,
                                        env={**fleet.environ, **environ}, preexec_fn=die_with_parent)

    def configure(self, settings):
        for section, values in settings.items():
            self.settings.setdefault(section, {}).update(values)
        self.config.write_text("".join(
            f"[{section}]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())
            for section, values in self.settings.items()))

    def get(self, path):
        """(status, text) of an HTTP page, or (0, "") while nobody answers."""
        connection = http.client.HTTPConnection("localhost", timeout=20)
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.settimeout(20)
        try:
            connection.sock.connect(str(self.http))
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def metric(self, name):
        for line in self.get("/metrics")[1].splitlines():
            if line.startswith(name + " "):
                return float(line.split()[-1])
        return None

    def ready(self, seconds=60):
        until(f"{self.http} is ready", lambda: self.get("/readyz")[0] == 200, seconds)
        return self

    def events(self, event):
        """The log's lines of this event, oldest first."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == event]

    def children(self, program):
        """Pids of our processes that run `program`."""
        done = subprocess.run(["pgrep", "-P", str(self.process.pid), "-f", program], capture_output=True, text=True,
                              check=False)
        return [int(pid) for pid in done.stdout.split()]

    def stop(self, seconds=60):
        self.process.terminate()
        return self.process.wait(seconds)


class Fleet:
    def __init__(self, *redis_options):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="quern-fleet-"))
        self.redis = Redis(self.directory, *redis_options)
        self.store = f"file:{self.directory}/store"
        self.hosts = []
        self.environ = {"PATH": os.environ["PATH"], "HOME": str(self.directory),
                        "XDG_DATA_HOME": str(self.directory / "data"),
                        "QUERN_REDIS_URL": f"unix:{self.redis.socket}"}

    def quernd(self, name="host", settings=None, programs=RELEASE, environ=None, around=()):
        """Starts one; `around`: a program and its arguments that start it."""
        host = Quernd(self, name, settings or {}, programs, environ or {}, around)
        self.hosts.append(host)
        return host

    def quern(self, *words, check=True, timeout=120):
        done = subprocess.run([RELEASE / "quern", *map(str, words)], capture_output=True, text=True, timeout=timeout,
                              env=self.environ, stdin=subprocess.DEVNULL, check=False)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def submit(self, text, *words):
        """The id of a job that runs this script."""
        path = self.directory / f"script{time.monotonic_ns()}.py"
        path.write_text(text)
        return self.quern("submit", path, *words).stdout.strip()

    def job(self, job):
        return json.loads(self.quern("inspect", job).stdout)

    def in_state(self, job, *states, seconds=60):
        return until(f"{job} is {states}", lambda: (found := self.job(job))["state"] in states and found, seconds)

    def close(self):
        for host in self.hosts:
            if host.process.poll() is None:
                host.process.kill()
                host.process.wait()
        self.redis.kill()
        shutil.rmtree(self.directory)
