# SPDX-License-Identifier: Apache-2.0
"""Hosts are cut off and joined again at random, each by a thread of its own, as its seed decides."""
import dataclasses
import random
import threading
import time

from machines import LEASE_SECONDS
from network import Network

SHORT, LONG = (0.05, 0.8), (1.5, 4)  # of a lease
UP_SECONDS = (0.2, 2)
AIMS = ("claim", "run", "collect", "publish")  # steps whose end in a host's log is the moment for a cut
AIM_SECONDS = 3


@dataclasses.dataclass
class Cut:
    host: str
    manner: str
    servers: tuple
    aim: str
    seconds: float
    at: float = 0


class Cuts:
    def __init__(self, fleet, seed):
        self.fleet, self.over, self.done, self.broken = fleet, threading.Event(), [], []
        self.threads = [threading.Thread(target=self.trouble, args=(host, random.Random(f"{seed} {host.name}")), daemon=True)
                        for host in fleet.hosts]

    def start(self):
        for thread in self.threads:
            thread.start()

    def stop(self):
        """Returns when all are joined again."""
        self.over.set()
        for thread in self.threads:
            thread.join()
        if self.broken:
            raise self.broken[0]

    def trouble(self, host, dice):
        try:
            while not self.over.wait(dice.uniform(*UP_SECONDS)):
                self.one(host, dice)
        except Exception as error:  # pylint: disable=broad-except
            self.broken.append(error)

    def one(self, host, dice):
        manner = dice.choice(list(MANNERS))
        everything = tuple(self.fleet.cuttable())
        servers = everything if manner in WHOLE or dice.random() < 0.5 else (dice.choice(everything),)
        length = dice.uniform(*(SHORT if dice.random() < 0.6 else LONG)) * LEASE_SECONDS
        aim = dice.choice(AIMS) if dice.random() < 0.5 else ""
        if aim:
            self.await_step(host, aim)
        begun = time.monotonic()
        try:
            MANNERS[manner](self, host.name, servers, length)
        finally:
            self.fleet.network.mend(host.name)
        self.done.append(Cut(host.name, manner, servers, aim, time.monotonic() - begun, begun))

    def await_step(self, host, step):
        """Until the host says that a step has ended, or it works at nothing."""
        deadline = time.monotonic() + AIM_SECONDS
        with open(host.log, encoding="utf-8") as log:
            log.seek(0, 2)
            while f'"step": "{step}"' not in log.read() and time.monotonic() < deadline and not self.over.is_set():
                time.sleep(0.002)

    # ---- manners that go on doing something ----

    def flapping(self, name, _, length):
        """A loose cable."""
        end = time.monotonic() + length
        while time.monotonic() < end and not self.over.is_set():
            self.fleet.network.cable_out(name, ())
            self.over.wait(0.15)
            self.fleet.network.mend(name)
            self.over.wait(0.05)

    def reset(self, name, servers, length):
        """All connections are closed, again and again, as by a firewall that forgets."""
        address = self.fleet.network.machines[name].address
        end = time.monotonic() + min(length, LEASE_SECONDS)
        while time.monotonic() < end and not self.over.is_set():
            for server in servers:
                close_connections(self.fleet.connect(server), address)
            self.over.wait(0.1)


def close_connections(redis, address):
    for line in redis("CLIENT", "LIST").decode().splitlines():
        fields = dict(part.split("=", 1) for part in line.split())
        if fields["addr"].startswith(f"{address}:"):
            redis("CLIENT", "KILL", "ID", fields["id"])
    redis.close()


def lasting(cut):
    """A manner that is put on, and taken off by mend()."""
    def manner(self, name, servers, length):
        cut(self.fleet.network, name, servers)
        self.over.wait(length)
    return manner


MANNERS = {"link down": lasting(Network.link_down), "cable out": lasting(Network.cable_out),
           "unreachable": lasting(Network.unreachable), "requests lost": lasting(Network.requests_lost),
           "replies lost": lasting(Network.replies_lost), "loose cable": Cuts.flapping, "connections reset": Cuts.reset}
WHOLE = ("link down", "cable out", "loose cable")
