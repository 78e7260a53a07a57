# SPDX-License-Identifier: Apache-2.0
"""The time of day of a host jumps while a job runs (T3): limits, leases and lengths of steps go by clocks that nobody sets.

quernd, its workers and their children have a library before libc that adds to CLOCK_REALTIME, so that nothing else of the
machine, Redis for one, has another time."""
import datetime
import pathlib
import subprocess

import pytest

from fleet import eventually

DAY = 86400
HOUR_MS = 3600000
SOURCE = pathlib.Path(__file__).with_name("jumping_clock.c")

# Ends when it has seen the jump, and outlived its first lease.
SEES = """
import time
def azureml_main():
    began = time.time()
    print('begun', flush=True)
    while abs(time.time() - began) < 43200:
        time.sleep(0.01)
    print(round((time.time() - began) / 86400))
    time.sleep(3)
"""
LONG = "import time\ndef azureml_main():\n    print('begun', flush=True)\n    time.sleep(600)\n"

# A mount namespace of its own, in which every program has the library, those that may read the system only as well.
AROUND = """
for place in /etc /usr/local/lib; do mount -t overlay -o "lowerdir=$0$place:$place" overlay $place || exit; done
exec "$@"
"""

pytestmark = pytest.mark.as_root


class Clock:
    """What a host's time of day is away from the machine's, and the command in front of a quernd that goes by it."""

    def __init__(self, directory):
        etc, lib = directory / "etc", directory / "usr/local/lib"
        etc.mkdir()
        lib.mkdir(parents=True)
        self.jump = lib / "jump"
        self.set(0)
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", '-DJUMP="/usr/local/lib/jump"', SOURCE, "-o", lib / "jumping_clock.so"],
                       check=True)
        (etc / "ld.so.preload").write_text("/usr/local/lib/jumping_clock.so\n")
        self.around = ["unshare", "--mount", "sh", "-c", AROUND, directory]

    def set(self, seconds):
        with open(self.jump, "r+b" if self.jump.exists() else "wb") as file:
            file.write(seconds.to_bytes(8, "little", signed=True))


@pytest.fixture(name="clock")
def _clock(fleet):
    directory = fleet.directory / "clock"
    directory.mkdir()
    return Clock(directory)


def ahead(host):
    """Whole days by which the host's last line of log is ahead of this machine."""
    said = datetime.datetime.fromisoformat(host.events("job done")[-1]["time"].replace("Z", "+00:00"))
    return round((said - datetime.datetime.now(datetime.timezone.utc)).total_seconds() / DAY)


@pytest.mark.parametrize("days", [1, -1])
def test_f_a_job_does_not_notice_a_jump(fleet, clock, days):
    host = fleet.host(around=clock.around).ready()
    job = fleet.submit(SEES, "--timeout", "10m")
    fleet.begun(job)
    clock.set(days * DAY)
    record = fleet.in_state(job, "succeeded")
    assert fleet.says("logs", job) == f"begun\n{days}\n", "the script saw no jump: nothing was shown"
    eventually(lambda: host.events("job done"), "the log has it")
    assert ahead(host) == days
    assert (record["attempts"], record["crashes"]) == (1, 0)
    assert record["submitted"] <= record["started"] <= record["ended"]
    assert all(0 <= step["ms"] < HOUR_MS for step in record["result"]["steps"].values())
    assert fleet.in_state(fleet.submit("def azureml_main():\n    pass\n"), "succeeded")["attempts"] == 1


def test_f_a_time_limit_is_kept_when_the_clock_goes_back(fleet, clock):
    fleet.host(around=clock.around).ready()
    job = fleet.submit(LONG, "--timeout", "3s")
    fleet.begun(job)
    clock.set(-DAY)
    record = fleet.in_state(job, "failed")
    assert (record["reason"], record["attempts"]) == ("limit:time", 1)
