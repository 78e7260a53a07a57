# SPDX-License-Identifier: Apache-2.0
"""Where a fleet is killed: its hosts at rest, a job whose worker stands at a failpoint, and what is said of it afterwards.
To be used in a world of its own (tests/fleet/world.py)."""
import collections
import struct
import sys
import time

import fleet_plants
from arrow_file import FLOAT, Array, Field, File, Scalar
from fleet import DEV, Fleet, eventually
from fleet.record import published_once, truth
from fleet.traces import Traces
from fleet.world import World

POINTS = {"claim": ["claim:claimed", "claim:held"], "load": ["load:reserved", "load:granted", "load:decoded"],
          "run": ["run:started", "run:told", "run:ended"], "collect": ["collect:checked"],
          "publish": ["publish:encoded", "publish:staged"], "complete": ["complete:staged", "complete:told"]}
ALL = [point for points in POINTS.values() for point in points]
VICTIMS = ("worker", "codec", "zygote", "keeper", "Redis", "supervisor")
LONG_MS, SHORT_MS = 30_000, 3_000  # leases
SLACK_MS = 2_000  # the design's: a tick, a wake-up and a claim
ROWS = 1000

PNG = ("89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49444154789c636000000002000148"
       "afa4710000000049454e44ae426082")
SCRIPT = f"""
import time
import pandas as pd

def azureml_main(dataframe1=None, dataframe2=None):
    open("a.png", "wb").write(bytes.fromhex("{PNG}"))
    time.sleep(%s)
    return pd.DataFrame({{"sum": [dataframe1["x"].sum()], "attempt": [time.time_ns()]}})
"""
PAIR = "import time\ndef azureml_main(a):\n    time.sleep(1)\n    return a\n"


def table(number):
    """An Arrow file that no host has decoded yet."""
    values = Array(ROWS, 0, [b"", struct.pack("<d", number) * ROWS])
    return File([Field("x", (FLOAT, {0: Scalar("h", 2)}))]).batch(values).bytes()


class Arena:
    """A fleet at rest, and what was seen of it. seconds: that a job's script takes; workers: of each host. All hosts have the
    failpoints of the first."""

    def __init__(self, programs=DEV, seconds=0, workers=(1, 1)):
        self.world = World()
        self.fleet = Fleet(programs=programs)
        self.script = self.fleet.script(SCRIPT % seconds)
        self.pair = self.fleet.script(PAIR)
        self.jobs, self.keys, self.cells, self.bad = 0, {}, collections.defaultdict(list), []
        failpoints = str(self.fleet.directory / "host1/fail")
        for count in workers:
            self.fleet.host(queue={"lease": f"{LONG_MS}ms"}, workers={"count": count}, environment={"QUERN_FAIL": failpoints})
        self.first = self.fleet.hosts[0]
        self.warm()
        self.traces = Traces(self.world, self.fleet)

    def file(self):
        path = self.fleet.directory / "table.arrow"
        path.write_bytes(table(self.jobs))
        return path

    def submit(self, *options):
        self.jobs += 1
        job = self.fleet.submit(self.script, "--dataframe1", self.file(), "-o", f"scores{self.jobs}", *options)
        self.keys[job] = f"scores{self.jobs}"
        return job

    def ready(self):
        for host in self.fleet.hosts:
            host.ready()

    def warm(self):
        """A job on each host, at the same time: all that is started when it is needed has been."""
        self.ready()
        done = [len(host.events("job done")) for host in self.fleet.hosts]
        while not all(len(host.events("job done")) > was for host, was in zip(self.fleet.hosts, done)):
            self.jobs += 1
            for job in [self.fleet.submit(self.pair, "--dataframe1", self.file()) for _ in self.fleet.hosts]:
                assert self.fleet.wait(job) == "succeeded", self.fleet.inspect(job)

    def lease(self, ms):
        """Hosts with another lease."""
        for host in self.fleet.hosts:
            host.kill()
            host.configure(queue={"lease": f"{ms}ms"})
            host.start()
        self.warm()

    def standing(self):
        """[(host, pid)] of the workers that are stopped."""
        return [(host, pid) for host in self.fleet.hosts for pid in host.stopped("quern-worker")]

    def caught(self, point, *options):
        """A job whose worker stands at the point: job, host, the worker's pid."""
        self.ready()
        before = self.standing()
        self.first.fail(f"stop@{point}")
        job = self.submit(*options)
        host, worker = eventually(lambda: [one for one in self.standing() if one not in before], point)[0]
        true = truth(self.fleet, job)
        if point != "complete:told":
            assert (true["state"], true["worker"][:-2], true["attempts"]) == ("running", host.name, 1), true
        return job, host, worker

    def note(self, what, point, found):
        """A measurement, and what was left behind."""
        self.cells[what].append(found)
        left = self.traces.left()
        self.bad += [f"{what}, {point}: left behind: {one}" for one in left]
        if left:
            self.traces = Traces(self.world, self.fleet)


def published(arena, job):
    """Its record; every view of the job is the same."""
    assert arena.fleet.wait(job) == "succeeded", arena.fleet.inspect(job)
    truth(arena.fleet, job)
    return published_once(arena.fleet, job, arena.keys[job])


def counts(record):
    return record["attempts"], record["crashes"], record["infra"]


# ---- one case after the other ----

def attempt(arena, name, what, *args):
    """A case that fails is told, and the next one begins with a fleet at rest."""
    begun = time.monotonic()
    try:
        what(arena, *args)
        print(f"{name}: {time.monotonic() - begun:.1f} s", file=sys.stderr)
    except (AssertionError, TimeoutError) as error:
        arena.bad.append(f"{name}: {error!r}")
        for host in arena.fleet.hosts:
            host.thaw()
            if host.process.poll() is not None:
                host.start()


def show(arena):
    print(f"{'what':<24} cases  ran again after, ms: median, most")
    for what, found in arena.cells.items():
        again = sorted(ms for ms in found if ms is not None)
        print(f"{what:<24} {len(found):>5}  {f'{again[len(again) // 2]:,}  {again[-1]:,}' if again else '-'}")
    for bad in arena.bad:
        print("FAIL", bad)


def finish(arena):
    """Who was killed is there again, memory that nobody uses can be had, and all that is stored is wanted."""
    attempt(arena, "in the end", lambda arena: arena.warm())
    arena.bad += [f"in the end: {one}" for one in arena.traces.left()]
    arena.bad += fleet_plants.unwanted(arena.fleet)
    show(arena)
    print(f"{arena.jobs} jobs, {len(arena.bad)} faults", flush=True)
    arena.fleet.close()
    return bool(arena.bad)
