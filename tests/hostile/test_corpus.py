# SPDX-License-Identifier: Apache-2.0
"""Every hostile script through both doors: its verdict, and a world that is as before. And without the jail: it bites."""
import os

import pytest

from case import cases, wrong
from conftest import DOORS, LEVEL
from doors import eventually
from free import free
from ground import processes

CASES = cases()
FREE = [case for case in CASES if "free" in case.expect and "QUERN_HOSTILE_UID" not in os.environ]


def named(items):
    return [pytest.param(case, id=case.name) for case in items]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("case", named(CASES))
def test_f_is_contained(world, case, door):
    table = world.doors[door][1]
    stood_by = eventually(world.ground.all_stand_by, "standby children")
    outcome = world.run(door, case.path, *case.options(table), shown="unseen" in case.expect)
    found = wrong(case.at(LEVEL), outcome, LEVEL)
    if door == "queue" and stood_by <= {process.pid for process in processes()}:
        found.append("no child that stood by ran it")
    found += world.harm(door)
    assert not found, "\n".join([case.attack, *found, outcome.done.stderr[-1000:]])


if FREE:
    @pytest.mark.parametrize("case", named(FREE))
    def test_f_bites_without_the_jail(case):
        expect = case.expect
        wanted = {"found": expect["free"], "end": expect.get("end", "exit 0"), "neighbour": expect.get("neighbour", "alive")}
        assert free(str(case.path)) == wanted, case.attack
