# SPDX-License-Identifier: Apache-2.0
"""Machines of one network: a namespace each, and a cable from each to that of Redis.

The queue's Redis and the store's have an address each, so that a host can be cut off from one of them alone. All that a cut
changes is undone by mend(), however often either is called. To be made in a network and mount namespace of one's own.
"""
import dataclasses
import subprocess

SERVERS = {"queue": "10.77.0.1", "store": "10.77.0.2"}
HUB = "redis"
LOCAL, CUTS = 1000, 100  # priorities of routing rules: a cut's come before that of the machine's own addresses


def ip(*words, check=True):
    """`ip` with these words."""
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise RuntimeError(f"ip {' '.join(words)}: {done.stderr.strip()}")


def inside(name):
    """What runs a command in the namespace."""
    return ["nsenter", f"--net=/run/netns/{name}"]


@dataclasses.dataclass(frozen=True)
class Machine:
    """name: of its namespace, and of the hub's end of its cable."""
    name: str
    address: str


class Network:
    """names: of the machines beside the hub."""

    def __init__(self, names):
        ip("netns", "add", HUB)
        for address in SERVERS.values():
            ip("-n", HUB, "address", "add", f"{address}/32", "dev", "lo")
        ip("-n", HUB, "link", "set", "lo", "up")
        ip("-n", HUB, "rule", "add", "pref", str(LOCAL), "lookup", "local")
        ip("-n", HUB, "rule", "del", "pref", "0")
        self.machines = {name: Machine(name, f"10.77.1.{i}") for i, name in enumerate(names, 1)}
        for machine in self.machines.values():
            self.connect(machine)

    def connect(self, machine):
        ip("netns", "add", machine.name)
        ip("link", "add", machine.name, "netns", HUB, "type", "veth", "peer", "name", "eth0", "netns", machine.name)
        ip("-n", machine.name, "address", "add", f"{machine.address}/32", "dev", "eth0")
        ip("-n", machine.name, "link", "set", "lo", "up")
        self.mend(machine.name)

    def mend(self, name):
        """Joins the machine again, whatever has cut it off."""
        machine = self.machines[name]
        rules = str(CUTS + int(machine.address.rsplit(".", 1)[1]))
        while rule_is_there(rules):
            ip("-n", HUB, "rule", "del", "pref", rules)
        ip("-n", HUB, "link", "set", name, "up")
        ip("-n", name, "link", "set", "eth0", "up")
        ip("-n", HUB, "route", "replace", machine.address, "dev", name)
        for address in SERVERS.values():
            ip("-n", name, "route", "replace", address, "dev", "eth0", "src", machine.address)

    # ---- the ways to be cut off; servers: those that cannot be reached ----

    def link_down(self, name, servers):
        """The host's own end: it is told at once."""
        ip("-n", name, "link", "set", "eth0", "down")

    def cable_out(self, name, servers):
        """The other end: what the host sends waits for a cable."""
        ip("-n", HUB, "link", "set", name, "down")

    def unreachable(self, name, servers):
        """A router says so."""
        for server in servers:
            ip("-n", name, "route", "replace", "unreachable", SERVERS[server])

    def requests_lost(self, name, servers):
        """Silently, on their way to Redis."""
        self.drop(name, [["iif", name, "to", SERVERS[server]] for server in servers])

    def replies_lost(self, name, servers):
        """Silently, on their way back: Redis has done what it was asked for."""
        self.drop(name, [["from", SERVERS[server], "to", self.machines[name].address] for server in servers])

    def drop(self, name, packets):
        pref = str(CUTS + int(self.machines[name].address.rsplit(".", 1)[1]))
        for which in packets:
            ip("-n", HUB, "rule", "add", "pref", pref, *which, "blackhole")


def rule_is_there(pref):
    shown = subprocess.run(["ip", "-n", HUB, "rule", "show", "pref", pref], capture_output=True, text=True, check=True)
    return bool(shown.stdout.strip())
