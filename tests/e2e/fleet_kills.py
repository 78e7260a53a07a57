#!/usr/bin/env -S /usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Kills, stops and freezes the processes of a fleet at each step of a job: fleet_kills.py short|whole. Two hosts on
one Redis, programs of the dev preset; a worker is stopped at a failpoint, the victim is killed, the worker goes on. What
became of the job is judged by the server's own times. To be run in a world of its own (tests/fleet/world.py)."""
import contextlib
import os
import signal
import sys

import fleet_plants
from fleet import eventually
from fleet.processes import lives
from fleet.record import lease_end, life, now
from fleet_arena import ALL, LONG_MS, POINTS, SHORT_MS, SLACK_MS, VICTIMS, Arena, attempt, counts, finish, published

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
    with contextlib.suppress(ProcessLookupError):  # it may be about to die
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
    names, fenced = fleet.names(), fleet.redis("HGET", fleet.key("stats"), "fenced_complete")
    os.kill(worker, signal.SIGCONT)
    if point == "complete:staged":  # its last call: it needs nobody's leave
        eventually(lambda: fleet.redis("HGET", fleet.key("stats"), "fenced_complete") != fenced, "a completion is refused")
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
    job, _, _ = arena.caught("run:told", "--timeout", "1s")
    stopped = now(fleet)
    record = published(arena, job)
    again = life(fleet, job)["claim"][1]
    assert counts(record) == CRASHED and again - stopped <= deadline_ms + SHORT_MS + SLACK_MS, again - stopped
    arena.note("worker stops", "run:told", again - stopped)


# ---- all of it ----

def cases(short):
    """(lease, name, function, arguments). Short: every victim at every second step; whole: at every point."""
    dying = [(victim, point) for point in ALL for victim in VICTIMS]
    if short:
        steps = list(POINTS)
        dying = [(victim, POINTS[step][-1 if step == "load" else 0])
                 for i, victim in enumerate(VICTIMS) for step in steps[i % 2::2]]
    for victim, point in dying:
        yield LONG_MS, f"{victim}, {point}", one_dies, (victim, point)
    for point in ["publish:staged"] if short else ALL:
        yield SHORT_MS, f"host sleeps, {point}", freeze, (point, True)
    for point in ["complete:staged"] if short else ["run:told", "publish:staged", "complete:staged"]:
        yield SHORT_MS, f"zombie, {point}", zombie, (point,)
    yield SHORT_MS, "worker stops", worker_stops, ()
    firsts = [] if short else [points[0] for points in POINTS.values()]
    for point in firsts:
        yield SHORT_MS, f"host lost, {point}", freeze, (point, False)
    for point in firsts:
        yield 2 * SHORT_MS, f"keeper stops, {point}", keeper_stops, (point,)


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


def main(how):
    return 1 if matrix(how == "short") else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
