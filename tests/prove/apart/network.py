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


def ip(namespace, *lines):
    """Lines for `ip`, in one process: an occupied machine takes long to start many."""
    done = subprocess.run(["ip", "-n", namespace, "-batch", "-"], input="\n".join(lines), capture_output=True, text=True,
                          check=False)
    if done.returncode:
        raise RuntimeError(f"ip in {namespace}: {done.stderr.strip()}")


def inside(name):
    """What runs a command in the namespace."""
    return ["nsenter", f"--net=/run/netns/{name}"]


@dataclasses.dataclass(frozen=True)
class Machine:
    """name: of its namespace, and of the hub's end of its cable. rules: the priority of those that cut it off."""
    name: str
    address: str
    rules: int


class Network:
    """names: of the machines beside the hub."""

    def __init__(self, names):
        subprocess.run(["ip", "netns", "add", HUB], check=True)
        addresses = [f"address add {address}/32 dev lo" for address in SERVERS.values()]
        ip(HUB, *addresses, "link set lo up", f"rule add pref {LOCAL} lookup local", "rule del pref 0")
        self.machines = {name: Machine(name, f"10.77.1.{i}", CUTS + i) for i, name in enumerate(names, 1)}
        self.rules = {name: [] for name in names}
        for machine in self.machines.values():
            self.connect(machine)

    def connect(self, machine):
        subprocess.run(["ip", "netns", "add", machine.name], check=True)
        ip(HUB, f"link add {machine.name} type veth peer name eth0 netns {machine.name}")
        ip(machine.name, f"address add {machine.address}/32 dev eth0", "link set lo up")
        self.mend(machine.name)

    def mend(self, name):
        """Joins the machine again, whatever has cut it off."""
        machine, rules = self.machines[name], self.rules[name]
        ip(name, "link set eth0 up")
        ip(HUB, *[f"rule del {rule}" for rule in rules], f"link set {name} up", f"route replace {machine.address} dev {name}")
        rules.clear()
        ip(name, *[f"route replace {address} dev eth0 src {machine.address}" for address in SERVERS.values()])

    # ---- the ways to be cut off; servers: those that cannot be reached ----

    def link_down(self, name, servers):
        """The host's own end: it is told at once."""
        ip(name, "link set eth0 down")

    def cable_out(self, name, servers):
        """The other end: what the host sends waits for a cable."""
        ip(HUB, f"link set {name} down")

    def unreachable(self, name, servers):
        """A router says so."""
        ip(name, *[f"route replace unreachable {SERVERS[server]}" for server in servers])

    def requests_lost(self, name, servers):
        """Silently, on their way to Redis."""
        self.drop(name, [f"iif {name} to {SERVERS[server]}" for server in servers])

    def replies_lost(self, name, servers):
        """Silently, on their way back: Redis has done what it was asked for."""
        self.drop(name, [f"from {SERVERS[server]} to {self.machines[name].address}" for server in servers])

    def drop(self, name, packets):
        rules = [f"pref {self.machines[name].rules} {which} blackhole" for which in packets]
        ip(HUB, *[f"rule add {rule}" for rule in rules])
        self.rules[name] += rules
