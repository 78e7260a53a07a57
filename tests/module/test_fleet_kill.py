# SPDX-License-Identifier: Apache-2.0
"""A worker that dies, or is stopped and wakes too late, at each step of a job: the job runs again, and one attempt is
named. The programs are those of the dev preset, whose failpoints (daemon/failpoint.h) choose the moment. All processes at
all steps, and what they leave behind: ./dev prove kills."""
import os
import pathlib
import signal
import struct

import pytest

from arrow_file import FLOAT, Array, Field, File, Scalar
from fleet import DEV, Fleet, eventually
from fleet.processes import lives
from fleet.record import published_once, truth
from fleet.waiting import PATIENCE_SECONDS

PROGRAMS = pathlib.Path(os.environ.get("QUERN_BIN", DEV)).resolve()

PNG = ("89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49444154789c636000000002000148"
       "afa4710000000049454e44ae426082")

# What a job of every step needs: an input to decode, a picture to join, a result to encode. Each attempt's result differs.
SCRIPT = f"""
import time
import pandas as pd

def azureml_main(dataframe1=None, dataframe2=None):
    open("a.png", "wb").write(bytes.fromhex("{PNG}"))
    return pd.DataFrame({{"sum": [dataframe1["x"].sum()], "attempt": [time.time_ns()]}})
"""

BEFORE_THE_END = ["claim:claimed", "claim:held", "load:reserved", "load:granted", "load:decoded", "run:started", "run:told",
                  "run:ended", "collect:checked", "publish:encoded", "publish:staged", "complete:staged"]


@pytest.fixture(scope="module")
def fleet():
    """One host, whose lease is long. No child waits for a job: those that are there are of one."""
    with Fleet(programs=PROGRAMS) as fleet:
        fleet.host(queue={"lease": "30s"}, environments={"standby": 0}).ready()
        yield fleet


@pytest.fixture(scope="module")
def pair():
    """Two hosts with a short lease. What is armed at the first fails in the one that comes there."""
    with Fleet(programs=PROGRAMS) as fleet:
        first = fleet.host(queue={"lease": "1s"})
        fleet.host(queue={"lease": "1s"}, environment={"QUERN_FAIL": str(first.failpoints)})
        for host in fleet.hosts:
            host.ready()
        yield fleet


def submit(fleet, key):
    """An input that no host has decoded: every step has something to do."""
    values = Array(3, 0, [b"", struct.pack("<3d", *range(fleet.scripts, fleet.scripts + 3))])
    path = fleet.directory / "table.arrow"
    path.write_bytes(File([Field("x", (FLOAT, {0: Scalar("h", 2)}))]).batch(values).bytes())
    return fleet.submit(SCRIPT, "--dataframe1", path, "-o", key)


def published(fleet, job, key):
    """Its record: all that speaks of the job speaks of the same attempt."""
    assert fleet.wait(job) == "succeeded"
    truth(fleet, job)
    return published_once(fleet, job, key)


@pytest.mark.parametrize("point", BEFORE_THE_END)
def test_c_a_worker_that_dies_loses_nothing_and_publishes_nothing(fleet, point):
    host, = fleet.hosts
    host.fail(f"kill@{point}")
    job = submit(fleet, point.replace(":", "-"))
    record = published(fleet, job, point.replace(":", "-"))
    assert host.has_failed(f"kill@{point}")
    assert (record["attempts"], record["crashes"], record["retries"]) == (2, 1, 0)
    eventually(lambda: len(host.children("quern-worker")) == 1)


def test_c_a_worker_that_dies_after_the_end_changes_nothing(fleet):
    host, = fleet.hosts
    host.fail("kill@complete:told")
    job = submit(fleet, "told")
    record = published(fleet, job, "told")
    eventually(lambda: host.has_failed("kill@complete:told"))
    assert (record["attempts"], record["crashes"]) == (1, 0)
    published(fleet, submit(fleet, "after"), "after")
    assert published(fleet, job, "told") == record


# All else of its host is stopped, too: the machine sleeps.
@pytest.mark.parametrize("point", ["load:decoded", "run:ended", "publish:staged", "complete:staged"])
def test_c_a_zombie_publishes_nothing(pair, point):
    key = point.replace(":", "-")
    pair.hosts[0].fail(f"stop@{point}")
    job = submit(pair, key)
    asleep = eventually(lambda: [host for host in pair.hosts if host.stopped("quern-worker")])[0]
    asleep.freeze()
    record, names = published(pair, job, key), pair.names()
    assert (record["attempts"], record["crashes"]) == (2, 1)
    asleep.thaw()
    eventually(lambda: asleep.events("job done", job=job, queue="default", state="running", reason="lost"))
    # It takes a job again, when nobody else does: it has dropped the old one whole.
    awake, = [host for host in pair.hosts if host is not asleep]
    awake.freeze()
    published(pair, submit(pair, f"{key}-after"), f"{key}-after")
    awake.thaw()
    assert published(pair, job, key) == record
    assert {name: version for name, version in pair.names().items() if name in names} == names


def test_c_a_worker_that_dies_on_a_job_again_and_again_buries_it(fleet):
    host, = fleet.hosts
    job = fleet.submit("import time\ndef azureml_main():\n print('here', flush=True); time.sleep(600)\n",
                       "--backoff", "10ms..20ms", "--retries", "1", "--retry-on", "exit:75")
    for attempt in range(1, 4):
        eventually(lambda: fleet.says("logs", job) == "here\n" * attempt)
        os.kill(host.child("quern-worker"), signal.SIGKILL)
    assert fleet.wait(job) == "failed"
    record = fleet.inspect(job)
    assert (record["reason"], record["attempts"], record["crashes"]) == ("poison", 3, 3)


def test_r_a_loss_that_redis_refuses_for_good_holds_up_no_other(tmp_path):
    with Fleet(tmp_path, programs=PROGRAMS) as fleet:
        host = fleet.host(queue={"lease": "10m"}, environments={"standby": 0}, workers={"count": 2}).ready()
        host.fail("stop@run:told")
        damaged = submit(fleet, "damaged")
        first, = eventually(lambda: host.stopped("quern-worker"), "one stands")
        host.fail("stop@run:ended")
        good = submit(fleet, "good")
        second, = eventually(lambda: set(host.stopped("quern-worker")) - {first}, "both stand")
        fleet.redis("DEL", fleet.key("job", damaged))
        fleet.redis("SET", fleet.key("job", damaged), "not a record")
        os.kill(first, signal.SIGKILL)
        eventually(lambda: host.events("worker ended", job=damaged), "the first one is dead")
        os.kill(second, signal.SIGKILL)
        assert fleet.in_state(good, "succeeded")["crashes"] == 1
        event = eventually(lambda: host.events("attempt lost, not told", job=damaged), "it is logged")[0]
        assert event["error"] == "queue: Redis refused: WRONGTYPE Operation against a key holding the wrong kind of value"


def family(host):
    """The script's process, a child of the zygote's, and what it forked."""
    zygote = host.child("quern-python")
    forked = [one for one in host.processes("quern-python") if one.parent not in (zygote, host.process.pid)]
    return {pid for one in forked for pid in (one.pid, one.parent)}


def test_c_the_tree_of_a_dead_workers_job_is_dead_before_the_job_runs_again(fleet):
    host, = fleet.hosts
    job = fleet.submit("import os, time\ndef azureml_main():\n if os.fork() == 0: time.sleep(600)\n"
                       " print('here', flush=True); time.sleep(600)\n")
    eventually(lambda: fleet.says("logs", job) == "here\n")
    first = family(host)
    assert len(first) == 2
    os.kill(host.child("quern-worker"), signal.SIGKILL)
    eventually(lambda: fleet.says("logs", job) == "here\n" * 2)
    assert not any(lives(pid) for pid in first)
    second = family(host)
    fleet.says("cancel", job)
    assert fleet.wait(job) == "cancelled"
    assert len(second) == 2 and not any(lives(pid) for pid in second)


def test_r_a_host_drains_though_redis_died_under_a_claim():
    """The worker would wait for Redis for ever, and its host until the end of its patience."""
    with Fleet(programs=PROGRAMS) as fleet:
        host = fleet.host(workers={"drain_timeout": "1h"}).ready()
        host.fail("stop@claim:asks")
        fleet.submit("def azureml_main():\n    return None\n")
        worker, = eventually(lambda: host.stopped("quern-worker"), "a worker is about to claim")
        fleet.server.kill()
        host.process.terminate()
        eventually(lambda: host.events("draining"), "draining")
        os.kill(worker, signal.SIGCONT)
        assert host.process.wait(PATIENCE_SECONDS) == 0
