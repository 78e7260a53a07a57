# SPDX-License-Identifier: Apache-2.0
"""A machine with control groups of version 2 and no systemd, of which root may have all: the guest of ./dev prove guest."""
import contextlib
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from fleet import Fleet  # noqa: E402  (the path above finds it)

CGROUPS = pathlib.Path("/sys/fs/cgroup")
USER = 61001


def ours(base=CGROUPS):
    """The directories that supervisors made."""
    return sorted(base.glob("quern.*"))


def jobs(base=CGROUPS):
    return sorted([*base.glob("quern.*/job.*"), *base.glob("job.*")])


def figures(group, name):
    """{"": the number} or {"oom_kill": the number, ...}; empty when the group is gone."""
    with contextlib.suppress(OSError):
        lines = (group / name).read_text().splitlines()
        return {line.rpartition(" ")[0]: int(line.split()[-1]) for line in lines if line.split()[-1].isdigit()}
    return {}


@pytest.fixture(scope="module")
def fleet():
    os.environ.pop("QUERN_REDIS_URL", None)
    with Fleet() as own:
        yield own


@pytest.fixture(scope="module")
def host(fleet):
    own = fleet.host(workers={"count": 2}, environments={"standby": 1}, jail={"require": "full", "require_bound": "cgroup"},
                     queue={"lease": "60s"})
    return own.ready()
