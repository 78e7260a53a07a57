# SPDX-License-Identifier: Apache-2.0
"""The fleet: two Redis in one namespace, a quernd in each of three others, clients in a fifth.

The proof itself is in none of them: it looks at Redis through unix sockets, which no cut closes.
"""
import concurrent.futures
import os

from fleet import Fleet, Redis, Server
from network import HUB, SERVERS, inside

LEASE_SECONDS = 2
WORKERS = 2
CLIENTS = "clients"
HOSTS = ("host1", "host2", "host3")
PORT = 6379


class Apart(Fleet):
    """kind: of its store, "redis", or "file": a directory that all hosts share."""

    def __init__(self, network, kind):
        self.network, self.kind = network, kind
        self.servers = {name: Server(tcp=(address, PORT), around=inside(HUB)) for name, address in SERVERS.items()}
        store = self.servers["store"].store_url if kind == "redis" else "file:{directory}/store"
        super().__init__(store=store, server=self.servers["queue"], around=inside(CLIENTS))
        for name in HOSTS:
            self.host(name, around=inside(name), queue={"lease": f"{LEASE_SECONDS}s"}, workers={"count": WORKERS})

    def cuttable(self):
        """What a host can be cut off from, alone."""
        return ["queue", "store"] if self.kind == "redis" else ["queue"]

    def connect(self, server="queue"):
        """For one thread."""
        return Redis(self.servers[server].path)

    def quern_each(self, commands):
        """What many commands came to, in their order."""
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(lambda words: self.quern(*words), commands))

    def forget(self, queue):
        """A queue that no host serves, and the store of its name."""
        for server, pattern in (("queue", f"quern:[{{]{queue}[}}]:*"), ("store", f"quern:store:[{{]{queue}[}}]:*")):
            redis = self.connect(server)
            for key in redis("KEYS", pattern):
                redis("DEL", key)
            redis.close()

    def close(self):
        super().close()
        self.servers["store"].close()
