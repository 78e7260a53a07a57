#!/usr/bin/env -S /usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Kills, stops and freezes the processes of a fleet at each step of a job: fleet_kills.py short|whole|SECONDS. Two hosts on
one Redis, programs of the dev preset; a worker is stopped at a failpoint, the victim is killed, the worker goes on. What
became of the job is judged by the server's own times. To be run in a world of its own (tests/fleet/world.py)."""
import collections
import os
import random
import signal
import struct
import sys
import time

import fleet_plants
from arrow_file import FLOAT, Array, Field, File, Scalar
from fleet import DEV, RELEASE, Fleet, eventually
from fleet.processes import below, lives
from fleet.record import lease_end, life, now, published_once, truth
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
    """A fleet of two hosts at rest, and what was seen of it. Both have the failpoints of the first."""

    def __init__(self, programs=DEV, seconds=0):
        self.world = World()
        self.fleet = Fleet(programs=programs)
        self.script = self.fleet.script(SCRIPT % seconds)
        self.pair = self.fleet.script(PAIR)
        self.jobs, self.cells, self.bad = 0, collections.defaultdict(list), []
        self.first = self.fleet.host(queue={"lease": f"{LONG_MS}ms"})
        self.fleet.host(queue={"lease": f"{LONG_MS}ms"}, environment={"QUERN_FAIL": str(self.first.failpoints)})
        self.warm()
        self.traces = Traces(self.world, self.fleet)

    def file(self):
        path = self.fleet.directory / "table.arrow"
        path.write_bytes(table(self.jobs))
        return path

    def submit(self, *options):
        self.jobs += 1
        return self.fleet.submit(self.script, "--dataframe1", self.file(), "-o", f"scores{self.jobs}", *options)

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

    def caught(self, point):
        """A job whose worker stands at the point: job, host, the worker's pid."""
        self.ready()
        self.first.fail(f"stop@{point}")
        job = self.submit()
        host = eventually(lambda: next((one for one in self.fleet.hosts if one.stopped("quern-worker")), None), point)
        true = truth(self.fleet, job)
        if point != "complete:told":
            assert (true["state"], true["worker"], true["attempts"]) == ("running", f"{host.name}:0", 1), true
        return job, host, host.stopped("quern-worker")[0]

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
    return published_once(arena.fleet, job, f"scores{arena.jobs}")


def counts(record):
    return record["attempts"], record["crashes"], record["infra"]


# ---- one process dies ----

ONCE, CRASHED = (1, 0, 0), (2, 1, 0)  # attempts, crashes, infra


def expected(victim, point):
    """What the death costs: an attempt when what died had the attempt's state."""
    if victim in ("worker", "supervisor"):
        return ONCE if point == "complete:told" else CRASHED
    if victim == "zygote":
        return CRASHED if ALL.index("load:reserved") <= ALL.index(point) <= ALL.index("run:told") else ONCE
    return ONCE


def kill(fleet, host, worker, victim):
    if victim == "Redis":
        fleet.server.kill()
    elif victim == "supervisor":
        host.kill()  # and sees to it that all that it had started dies of that
        host.start()
    elif victim == "worker":
        os.kill(worker, signal.SIGKILL)
    else:
        pid = host.child({"codec": "quern-codec", "zygote": "quern-python", "keeper": "quern-keeper"}[victim])
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: not lives(pid), f"the end of the {victim}")


def go_on(fleet, host, worker, victim):
    if lives(worker):
        os.kill(worker, signal.SIGCONT)
    if victim == "Redis":
        eventually(lambda: host.get("/readyz")[0] == 503, "Redis is missed")
        fleet.server.start()


def one_dies(arena, victim, point):
    fleet = arena.fleet
    job, host, worker = arena.caught(point)
    dies, ends = now(fleet), lease_end(fleet, job)
    kill(fleet, host, worker, victim)
    go_on(fleet, host, worker, victim)
    record = published(arena, job)
    assert counts(record) == expected(victim, point), counts(record)
    again = life(fleet, job)["claim"][1:]
    if again:  # at once: while most of the lease was left
        assert again[0] - dies < (ends - dies) / 2, (again[0] - dies, ends - dies)
    arena.note(victim, point, again[0] - dies if again else None)


# ---- who is stopped ----

def keeper_stops(arena, point):
    """Beyond the lease, were it let: its supervisor ends it before."""
    job, host, worker = arena.caught(point)
    keeper = host.child("quern-keeper")
    os.kill(keeper, signal.SIGSTOP)
    eventually(lambda: not lives(keeper), "the end of the silent keeper")
    os.kill(worker, signal.SIGCONT)
    assert counts(published(arena, job)) == ONCE
    arena.note("keeper stops", point, None)


def freeze(arena, point, thaw):
    """All of a host stops beyond the lease, as when the machine sleeps; then it is killed, or wakes up with an old token."""
    fleet = arena.fleet
    job, host, worker = arena.caught(point)
    host.freeze()
    frozen = now(fleet)
    record = published(arena, job)
    assert counts(record) == expected("worker", point), counts(record)
    again = life(fleet, job)["claim"][1:]
    if again:
        assert again[0] - frozen <= SHORT_MS + SLACK_MS, again[0] - frozen
    if thaw:
        names = fleet.names()
        host.thaw()
        if again:
            eventually(lambda: host.events("job done", job=job, state="running", reason="lost") or
                       host.events("worker ended", job=job), f"{host.name} learned that it lost {job}")
        assert published(arena, job) == record and fleet.names() == names
    else:
        host.kill()
        host.start()
    host.ready()
    arena.note("host sleeps" if thaw else "host lost", point, again[0] - frozen if again else None)


def zombie(arena, point):
    """Supervisor and keeper stop beyond the lease; the worker goes on, and completes with an old token."""
    fleet = arena.fleet
    job, host, worker = arena.caught(point)
    stopped = [host.process.pid, host.child("quern-keeper")]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    frozen = now(fleet)
    record = published(arena, job)
    names, fenced = fleet.names(), fleet.redis("HGET", fleet.key("stats"), "fenced")
    os.kill(worker, signal.SIGCONT)
    if point == "complete:staged":  # its last call: it needs nobody's leave
        eventually(lambda: fleet.redis("HGET", fleet.key("stats"), "fenced") != fenced, "a completion is refused")
    for pid in reversed(stopped):
        os.kill(pid, signal.SIGCONT)
    eventually(lambda: host.events("job done", job=job, state="running", reason="lost"), f"{host.name} learned that it lost")
    assert published(arena, job) == record and fleet.names() == names
    again = life(fleet, job)["claim"][1]
    assert again - frozen <= SHORT_MS + SLACK_MS, again - frozen
    arena.note("zombie", point, again - frozen)


def worker_stops(arena, deadline_ms=11_000):
    """Beyond the deadline of step run: a second for the script, and ten of grace."""
    fleet = arena.fleet
    arena.first.fail("stop@run:told")
    job = arena.submit("--timeout", "1s")
    eventually(lambda: any(host.stopped("quern-worker") for host in fleet.hosts), "a worker stops")
    stopped = now(fleet)
    record = published(arena, job)
    again = life(fleet, job)["claim"][1]
    assert counts(record) == CRASHED and again - stopped <= deadline_ms + SHORT_MS + SLACK_MS, again - stopped
    arena.note("worker stops", "run:told", again - stopped)


# ---- any process at any time ----

LIVING = {"worker": "quern-worker", "codec": "quern-codec", "zygote": "quern-python", "keeper": "quern-keeper"}
CHILDREN = {"child": "quern-python", "codec child": "quern-codec"}


def strike(arena, job, victim):
    """Kills one that is there; False when there is none."""
    fleet, name = arena.fleet, fleet_owner(arena.fleet, job)
    host = next((one for one in fleet.hosts if one.name == name), random.choice(fleet.hosts))
    if victim in ("Redis", "supervisor"):
        kill(fleet, host, None, victim)
        if victim == "Redis":
            fleet.server.start()
        return True
    if victim == "init":
        pids = [one.pid for one in below(host.process.pid) if one.name == "quern-init"]
    elif victim in CHILDREN:
        own = host.children()
        pids = [one.pid for one in host.processes(CHILDREN[victim]) if one.parent in own and one.name != "quern-init"]
    else:
        pids = host.children(LIVING[victim])
    try:
        for pid in pids[:1]:
            os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return bool(pids)


def fleet_owner(fleet, job):
    own = fleet.redis("HGET", fleet.key("job", job), "own")
    return own.decode().rsplit(":", 1)[0] if own else ""


def any_dies(arena, seconds):
    """Until the time is over. A script whose own process was killed has failed; any other job succeeds."""
    end, victims = time.monotonic() + seconds, [*LIVING, *CHILDREN, "init", "Redis", "supervisor"]
    while time.monotonic() < end:
        victim, job = random.choice(victims), arena.submit()
        wait_end = time.monotonic() + random.random() * 0.4
        eventually(lambda: time.monotonic() > wait_end)
        hit = strike(arena, job, victim)
        state = arena.fleet.wait(job)
        true = truth(arena.fleet, job)
        if state == "succeeded":
            record = published(arena, job)
            assert record["attempts"] <= 1 + hit, (victim, record)
        else:
            record = arena.fleet.inspect(job)
            assert victim in ("child", "init") and record["reason"] == "signal:SIGKILL", (victim, record)
        arena.ready()
        arena.note(f"{victim}, any time", true["state"], None)


# ---- all of it ----

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


def cases(short):
    """(lease, name, function, arguments). Short: every victim at every second step; the whole: at every point."""
    dying = [(victim, point) for point in ALL for victim in VICTIMS]
    if short:
        steps = list(POINTS)
        dying = [(victim, POINTS[step][-1 if step == "load" else 0])
                 for i, victim in enumerate(VICTIMS) for step in steps[i % 2::2]]
    for victim, point in dying:
        yield LONG_MS, f"{victim}, {point}", one_dies, (victim, point)
    for point in ["publish:staged"] if short else ALL:
        yield SHORT_MS, f"host sleeps, {point}", freeze, (point, True)
    for point in ["run:told"] if short else [points[0] for points in POINTS.values()]:
        yield SHORT_MS, f"host lost, {point}", freeze, (point, False)
    for point in ["complete:staged"] if short else ["run:told", "publish:staged", "complete:staged"]:
        yield SHORT_MS, f"zombie, {point}", zombie, (point,)
    yield SHORT_MS, "worker stops", worker_stops, ()
    for point in ["run:told"] if short else [points[0] for points in POINTS.values()]:
        yield 2 * SHORT_MS, f"keeper stops, {point}", keeper_stops, (point,)


def show(arena):
    print(f"{'what':<24} cases  ran again after, ms: median, most")
    for what, found in arena.cells.items():
        again = sorted(ms for ms in found if ms is not None)
        print(f"{what:<24} {len(found):>5}  {f'{again[len(again) // 2]:,}  {again[-1]:,}' if again else '-'}")
    for bad in arena.bad:
        print("FAIL", bad)


def matrix(short):
    arena = Arena()
    fleet_plants.all_are_found(arena)
    lease = LONG_MS
    for ms, name, what, args in cases(short):
        if ms != lease:
            arena.lease(ms)
            lease = ms
        attempt(arena, name, what, *args)
    return finish(arena)


def at_random(seconds):
    arena = Arena(RELEASE, 0.1)
    attempt(arena, "at random", any_dies, seconds)
    return finish(arena)


def finish(arena):
    """Who was killed is there again, memory that nobody uses can be had, and all that is stored is wanted."""
    attempt(arena, "in the end", lambda arena: arena.warm())
    arena.bad += [f"in the end: {one}" for one in arena.traces.left()]
    arena.bad += fleet_plants.unwanted(arena.fleet)
    show(arena)
    print(f"{arena.jobs} jobs, {len(arena.bad)} faults", flush=True)
    arena.fleet.close()
    return bool(arena.bad)


def main(how):
    faults = matrix(how == "short")
    if how not in ("short", "whole"):
        faults += at_random(float(how))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
