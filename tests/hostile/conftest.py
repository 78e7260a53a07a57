# SPDX-License-Identifier: Apache-2.0
"""The world of the corpus: what is planted, quernd with its Redis, and the ground that must be as before after each job."""
import os
import pathlib

import pytest

from doors import NO_NAMESPACES, PLACE, House
from ground import Ground
from planted import Planted

HERE = pathlib.Path(__file__).resolve().parent
UID = int(os.environ.get("QUERN_HOSTILE_UID", os.geteuid()))
DOORS = os.environ.get("QUERN_HOSTILE_DOOR", "queue" if os.environ.get("QUERN_HOSTILE") == "short" else "queue run").split()
LEVEL = os.environ.get("QUERN_HOSTILE_LEVEL", "full" if UID == 0 else "user")


class World:
    def __init__(self):
        self.house = House(UID, NO_NAMESPACES if LEVEL == "minimal" else ())
        self.planted = Planted(self.house.around, UID)
        self.house.quern("dataset", "put", PLACE / "table.csv", "table")
        doors = {"queue": (self.house.queue_run, "table"), "run": (self.house.here_run, PLACE / "table.csv")}
        self.doors = {door: doors[door] for door in DOORS}
        self.answers = {door: self.canary(door) for door in self.doors}
        self.ground = Ground(self.house, self.planted)

    def run(self, door, script, *options, **how):
        return self.doors[door][0](script, *options, **how)

    def canary(self, door):
        """What a harmless job answers."""
        way, table = self.doors[door]
        outcome = way(HERE / "canary.py", "--dataframe1", table)
        assert outcome.record.get("state") == "succeeded", outcome.done.stderr
        return outcome.found

    def harm(self, door):
        """What the last job did to the world: sentences. The canary runs on a ground that was looked at."""
        found = self.ground.differences() + self.house.strange_lines()
        if found:  # one fault is told once
            self.ground = Ground(self.house, self.planted)
        answer = self.canary(door)
        found += [f"the canary: {key}: expected {want!r}, found {answer.get(key)!r}"
                  for key, want in self.answers[door].items() if answer.get(key) != want]
        return found

    def close(self):
        self.planted.close()
        self.house.close()


@pytest.fixture(scope="session")
def world():
    own = World()
    yield own
    own.close()
