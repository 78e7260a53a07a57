# SPDX-License-Identifier: Apache-2.0
"""What a fleet at rest has: processes, their descriptors and mounts, memory, files. What is there beyond that was left
behind. To be used in a world of its own (world.py), where nobody else has anything."""
import collections
import os
import re
import time

from fleet.waiting import PATIENCE_SECONDS, eventually

CALM_SECONDS = 0.5
VERSION = re.compile(r"sha256-[0-9a-f]{64}(\.[a-z]+)?")
SERVERS = ("quernd", "quern-keeper", "quern-worker", "quern-codec", "quern-python", "quern-collector")


def role(process):
    """The program; what the zygote forked is told apart by its name, and by its parent."""
    return "zombie of " + process.name if process.state == "Z" else process.name if process.name == "quern-init" else process.exe


def links(pid):
    """(number, target) of a process's descriptors."""
    for number in os.listdir(f"/proc/{pid}/fd"):
        try:
            yield number, os.readlink(f"/proc/{pid}/fd/{number}")
        except OSError:
            continue  # closed meanwhile


class Memory:
    """A memory file: who has it."""

    def __init__(self, name, size):
        self.name, self.bytes, self.holders = name, size, collections.Counter()

    def __repr__(self):
        return f"{self.name}, {self.bytes} bytes, of {dict(self.holders)}"


def memory(processes):
    """inode -> Memory of every memory file that a process has open or mapped."""
    found = {}
    for process in processes:
        for number, target in links(process.pid):
            if target.startswith("/memfd:"):
                status = os.stat(f"/proc/{process.pid}/fd/{number}")
                one = found.setdefault(status.st_ino, Memory(target[7:].split(" ")[0], status.st_size))
                one.holders[role(process), process.pid] += 1
        with open(f"/proc/{process.pid}/maps", encoding="utf-8", errors="replace") as maps:
            for line in maps:
                if "/memfd:" in line:
                    one = found.setdefault(int(line.split()[4]), Memory(line.split("/memfd:")[1].split(" ")[0], 0))
                    one.holders[role(process), process.pid] += 1
    return found


def mounts(pid):
    with open(f"/proc/{pid}/mountinfo", encoding="utf-8") as file:
        return sum(1 for _ in file)


class Look:
    """One look around. counted: Counter of what there may be so many times; segments: {quernd's pid: bytes}; strange: what
    there may be never."""

    def __init__(self, world, fleet):
        everybody = world.left()
        processes = [one for one in everybody if one.state != "Z"]
        self.counted, self.segments, self.strange = collections.Counter(), collections.Counter(), []
        self.counted.update("process " + role(process) for process in everybody)
        for process in processes:
            self.counted[f"mount in {role(process)}"] += mounts(process.pid)
            if process.exe in SERVERS[:1] + SERVERS[3:4]:
                own = [target for _, target in links(process.pid) if not target.startswith("/memfd:")]
                self.counted[f"descriptor of {role(process)}"] += len(own)
        self.counted["mount"] = len(world.mount_table().splitlines())
        for one in memory(processes).values():
            self.see_memory(one)
        for path in world.list_files(fleet.directory, fleet.server.directory):
            self.see_file(fleet, path)

    def see_memory(self, one):
        owners = {pid for (who, pid) in one.holders if who == "quernd"}
        if {pid for _, pid in one.holders} == owners and one.name.startswith("quern-"):
            for pid in owners:
                self.segments[pid] += one.bytes
        else:
            self.counted[f"memory {one.name} of {sorted(who for who, _ in one.holders)}"] += 1

    def see_file(self, fleet, path):
        name = os.path.basename(path)
        if path.startswith(f"{fleet.store}/objects/"):
            if not VERSION.fullmatch(name):
                self.strange.append(f"in the store: {name}")
        elif not path.startswith(f"{fleet.server.directory}/appendonlydir"):
            self.counted[f"file {path}"] += 1


class Traces:
    """base: a Look at the fleet when nobody had been killed."""

    def __init__(self, world, fleet):
        self.world, self.fleet, self.base = world, fleet, None
        eventually(self.is_calm, "rest")

    def look(self):
        """None while processes come and go."""
        try:
            return Look(self.world, self.fleet)
        except OSError:
            return None

    def is_calm(self):
        """Nothing changes for as long as whatever a job leaves needs to go."""
        before, self.base = self.base, (look := self.look()) and look.counted
        time.sleep(CALM_SECONDS)
        return before is not None and before == self.base

    def beyond(self):
        """Sentences, about now. What is not there any more may be started when it is needed."""
        look = self.look()
        if not look:
            return ["processes come and go"]
        found = [f"{count:+} {what}" for what in look.counted if (count := look.counted[what] - self.base[what]) > 0]
        for host in self.fleet.hosts:
            known = host.metric("quern_segment_bytes")
            if known != look.segments[host.process.pid]:
                found.append(f"{host.name} has {look.segments[host.process.pid]} bytes of memory and knows of {known}")
        return found + look.strange

    def left(self, seconds=PATIENCE_SECONDS):
        """What is left when the fleet had time to come to rest."""
        found = []

        def nothing():
            found[:] = self.beyond()
            return not found

        try:
            eventually(nothing, "rest", seconds)
        except TimeoutError:
            pass
        return list(found)
