#!/usr/bin/env -S /usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""apart.py JOBS STORE SEED: the proof of tests/prove/fleet for one kind of store, "redis" or "file". To be run as pid 1 of a
mount, pid and network namespace of its own. Ends with 1 when anything was lost, twice, or left behind."""
import random
import subprocess
import sys
import time

from clients import Clients
from cuts import Cuts
from fleet import ROOT, eventually
from fleet.world import World
from machines import CLIENTS, HOSTS, Apart
from mix import Mix
from network import Network
from plants import try_all, without_a_fence
from report import show, show_logs
from verdict import collected, verdict
from view import look, look_at_store, make_older

sys.path.insert(0, str(ROOT / "redis"))

import embed  # noqa: E402  (the path above finds it)

REHEARSED = ("empty", "prints", "table_out", "exits", "chain", "shared", "shared", "cancelled_waiting", "two_inputs", "plot")
DRAIN_SECONDS = 120


def transitions():
    """The texts of the queue's scripts."""
    lua = ROOT / "queue/lua"
    return {name: embed.script(lua / "shared/1_clock.lua", lua, name) for name in ("claim", "lost_claim", "complete")}


def inputs(fleet):
    """Datasets under keys, and a file for uploads."""
    rows = random.Random(1)
    for name, count in (("small", 1000), ("big", 300_000)):
        path = fleet.directory / f"{name}.csv"
        path.write_text("a,b\n" + "".join(f"{rows.random()},{rows.random()}\n" for _ in range(count)))
        fleet.says("dataset", "put", path, f"in/{name}")
    return {"small": "in/small", "big": "in/big"}, fleet.directory / "small.csv"


def rehearse(fleet, clients, mix):
    """A few jobs that nobody disturbs: the verdict on them is that all is well, and with each planted fault that it is not."""
    groups = [getattr(mix, kind)() for kind in REHEARSED]
    jobs = sum(groups, [])
    clients.submit_all(groups)
    clients.await_most(0)
    collect(fleet)
    view = look(fleet)
    faults = verdict(jobs, view) + collected(view)
    assert not faults, f"before any cut: {faults}"
    found = try_all(jobs, view)
    without_a_fence(fleet, transitions())
    print(f"the verdict finds {len(found) + 1} planted faults: {', '.join(found)}, a script without a fence")
    return jobs


def trouble(fleet, clients, groups, seed):
    """All jobs while hosts are cut off: what was cut."""
    cuts = Cuts(fleet, seed)
    cuts.start()
    try:
        clients.submit_all(groups)
        clients.await_most(0)
    except TimeoutError as error:
        clients.faults.append(str(error))
    cuts.stop()
    return cuts.done


def collect(fleet):
    make_older(fleet)
    fleet.says("dataset", "collect", "--age", "10m")


def drain(fleet):
    """SIGTERM to all hosts at once: what is wrong with their ends."""
    for host in fleet.hosts:
        host.process.terminate()
    for host in fleet.hosts:
        try:
            code = host.process.wait(DRAIN_SECONDS)
            if code:
                yield f"{host.name} ended with {code}"
        except subprocess.TimeoutExpired:
            yield f"{host.name} still runs, {DRAIN_SECONDS} s after SIGTERM"


def left_behind(world, mounts, files):
    try:
        eventually(lambda: not world.left(), "the end of all processes")
    except TimeoutError:
        yield f"processes: {world.left()}"
    if world.mount_table() != mounts:
        yield "a mount"
    if world.list_files() - files:
        yield f"files: {sorted(world.list_files() - files)}"


def main(count, store, seed):
    world, begun = World(), time.monotonic()
    network = Network([*HOSTS, CLIENTS])
    mounts, files = world.mount_table(), world.list_files()
    fleet = Apart(network, store)
    for host in fleet.hosts:
        host.ready()
    clients, mix = Clients(fleet), Mix(seed, *inputs(fleet))
    rehearsed = rehearse(fleet, clients, mix)
    groups = mix.groups(count - len(rehearsed))
    cut_at = time.monotonic()
    cuts = trouble(fleet, clients, groups, seed)
    cut_seconds = time.monotonic() - cut_at
    clients.finish()
    faults, jobs = clients.faults + list(drain(fleet)), rehearsed + sum(groups, [])
    litter = look_at_store(fleet)
    collect(fleet)
    view = look(fleet)
    faults += verdict(jobs, view) + collected(view)
    show(fleet, clients, jobs, view, litter, cuts, cut_seconds)
    if faults:
        show_logs(fleet)
    fleet.close()
    faults += [f"left behind: {what}" for what in left_behind(world, mounts, files)]
    for fault in faults:
        print("FAIL", fault)
    print(f"{store} store: {len(jobs)} jobs, {len(cuts)} cuts, {len(faults)} faults, {time.monotonic() - begun:.0f} s")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
