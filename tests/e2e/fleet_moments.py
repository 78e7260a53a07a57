#!/usr/bin/env -S /usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Kills any process of a fleet of release programs at any time: fleet_moments.py SECONDS. To be run in a world of its own
(tests/fleet/world.py)."""
import os
import random
import signal
import sys
import time

from fleet import RELEASE, eventually
from fleet.processes import below
from fleet.record import truth
from fleet_arena import Arena, attempt, finish, published

LIVING = {"worker": "quern-worker", "codec": "quern-codec", "zygote": "quern-python", "keeper": "quern-keeper"}
CHILDREN = {"child": "quern-python", "codec child": "quern-codec"}


def strike(arena, job, victim):
    """Kills one that is there; False when there is none."""
    fleet, name = arena.fleet, fleet_owner(arena.fleet, job)
    host = next((one for one in fleet.hosts if one.name == name), random.choice(fleet.hosts))
    if victim in ("Redis", "supervisor"):
        one = fleet.server if victim == "Redis" else host
        one.kill()
        one.start()
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


def main(seconds):
    arena = Arena(RELEASE, 0.1)
    attempt(arena, "any time", any_dies, seconds)
    return finish(arena)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1])))
