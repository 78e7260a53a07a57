#!/usr/bin/env -S /usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Workers that stop beyond the deadline of each step: the longest is twenty minutes, so all of them stop at the same time.
To be run in a world of its own (tests/fleet/world.py)."""
import re
import sys

from fleet import ROOT, eventually
from fleet.record import life, now
from fleet_arena import LONG_MS, SLACK_MS, Arena, attempt, counts, finish, published

STEPS = dict(re.findall(r'^STEP\(\w+, "(\w+)", (\d+)', (ROOT / "schemas/steps.def").read_text(), re.M))
PATIENCE_MS = 600_000  # with a silent Redis, on top of each step's own
CLAIM_MS = 660_000     # from when it may claim until it is in a step
SCRIPT_MS = 11_000     # a second for the script, ten of grace
POINTS = {"claim:claimed": CLAIM_MS, "claim:held": CLAIM_MS, "run:told": SCRIPT_MS,
          **{point: int(STEPS[point.split(":")[0]]) + PATIENCE_MS
             for point in ("load:reserved", "collect:checked", "publish:staged", "complete:staged")}}
PATIENCE_SECONDS = max(POINTS.values()) // 1000 + 300


def ends(arena, point, job, stopped):
    fleet = arena.fleet
    eventually(lambda: fleet.state(job) == "succeeded", f"{job} after {point}", PATIENCE_SECONDS)
    again = life(fleet, job)["claim"][1]
    assert counts(published(arena, job)) == (2, 1, 0)
    assert again - stopped <= POINTS[point] + LONG_MS + SLACK_MS, again - stopped
    arena.cells[f"worker stops, {point}"].append(again - stopped)


def main():
    arena = Arena(workers=(len(POINTS) + 1,))
    caught = {}
    for point in POINTS:
        job, _, _ = arena.caught(point, "--timeout", "1s")
        caught[point] = job, now(arena.fleet)
    for point in sorted(POINTS, key=POINTS.get):
        attempt(arena, point, ends, point, *caught[point])
    return finish(arena)


if __name__ == "__main__":
    sys.exit(main())
