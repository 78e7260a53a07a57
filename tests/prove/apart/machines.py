# SPDX-License-Identifier: Apache-2.0
"""The fleet: two Redis in one namespace, a quernd in each of three others, clients in a fifth.

The proof itself is in none of them: it looks at Redis through a unix socket, which no cut closes.
"""
import concurrent.futures
import os
import subprocess

from network import HUB, SERVERS, inside
from quernds import Quernd, die_with_parent, until
from redis_private import Redis

LEASE_SECONDS = 2
WORKERS = 2
READY_SECONDS = 120
CLIENTS = "clients"
HOSTS = ("host1", "host2", "host3")


class Server:
    """A redis-server at its address of the hub: name "queue" or "store"."""

    def __init__(self, name, directory):
        self.directory = directory / name
        self.directory.mkdir()
        self.socket = self.directory / "redis"
        self.process = subprocess.Popen(
            [*inside(HUB), "redis-server", "--bind", SERVERS[name], "--port", "6379", "--protected-mode", "no",
             "--unixsocket", self.socket, "--dir", self.directory, "--save", "", "--appendonly", "yes",
             "--maxmemory-policy", "noeviction"], stdout=subprocess.DEVNULL, preexec_fn=die_with_parent)
        until(f"redis-server of the {name}", self.answers)

    def answers(self):
        try:
            redis = self.connect()
            redis("PING")
            redis.close()
        except OSError:
            return False
        return True

    def connect(self):
        return Redis(self.socket)

    def stop(self):
        self.process.kill()
        self.process.wait()


class Fleet:
    """store: "redis" or "file", which is a directory that all hosts share."""

    def __init__(self, world, network, store):
        self.world, self.network, self.kind = world, network, store
        self.directory = world.place / store
        self.directory.mkdir()
        self.servers = {name: Server(name, self.directory) for name in SERVERS}
        self.redis = self.servers["queue"]  # what Quernd asks for
        self.url = f"redis://{SERVERS['queue']}"
        self.store = f"redis://{SERVERS['store']}" if store == "redis" else f"file:{self.directory}/objects"
        self.environ = {"PATH": os.environ["PATH"], "HOME": str(self.directory), "LC_ALL": "C.UTF-8",
                        "QUERN_REDIS_URL": self.url}
        self.quern("queue", "home", "--store", self.store, "--environments", "default")
        self.hosts = [self.quernd(name) for name in HOSTS]

    def quernd(self, name):
        settings = {"queue": {"url": self.url, "lease": f"{LEASE_SECONDS}s"}, "workers": {"count": WORKERS}}
        return Quernd(self, name, settings, self.world.place / "bin", {}, inside(name))

    def ready(self):
        for host in self.hosts:
            host.ready(READY_SECONDS)

    def cuttable(self):
        """What a host can be cut off from, alone."""
        return ["queue", "store"] if self.kind == "redis" else ["queue"]

    def run(self, *words, timeout=120):
        """A client's command."""
        command = [*inside(CLIENTS), self.world.place / "bin" / "quern", *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=self.environ,
                              stdin=subprocess.DEVNULL, check=False, cwd=self.directory)

    def quern(self, *words):
        done = self.run(*words)
        if done.returncode:
            raise RuntimeError(f"quern {' '.join(map(str, words))}: exit code {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def quern_each(self, commands):
        """The finished processes of many commands, in their order."""
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(lambda words: self.run(*words), commands))

    def forget(self, queue):
        """A queue that no host serves, and the store of its name."""
        for server, pattern in (("queue", f"quern:[{{]{queue}[}}]:*"), ("store", f"quern:store:[{{]{queue}[}}]:*")):
            redis = self.servers[server].connect()
            for key in redis("KEYS", pattern):
                redis("DEL", key)
            redis.close()

    def drain(self):
        """SIGTERM to all hosts: their exit codes."""
        for host in self.hosts:
            host.process.terminate()
        return [host.process.wait(READY_SECONDS) for host in self.hosts]

    def close(self):
        for server in self.servers.values():
            server.stop()
