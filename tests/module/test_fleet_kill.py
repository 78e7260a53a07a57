# SPDX-License-Identifier: Apache-2.0
"""A worker that dies, or is stopped and wakes too late, at each step of a job: the job runs again, and one attempt is
named. The programs are those of the dev preset, whose failpoints (daemon/failpoint.h) choose the moment."""
import json
import os
import pathlib
import signal
import subprocess

import pytest

from fleet import DEV, Fleet, eventually

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
def table(tmp_path_factory):
    """An Arrow file: typing a CSV needs no memory of the host's."""
    directory = tmp_path_factory.mktemp("table")
    script, out = directory / "make.py", directory / "out"
    script.write_text("import pandas\ndef azureml_main(): return pandas.DataFrame({'x': [1, 2, 39]})\n")
    subprocess.run([PROGRAMS / "quern", "run", script, "-o", out], check=True, capture_output=True, timeout=120)
    return out / "dataset1.arrow"


@pytest.fixture
def fleet(tmp_path, table):
    with Fleet(tmp_path, PROGRAMS) as fleet:
        fleet.table = table
        yield fleet


def submit(fleet):
    return fleet.submit(SCRIPT, "--dataframe1", fleet.table, "-o", "scores")


def assert_published_once(fleet, job):
    """The names, the record and the manifest speak of the same attempt, and of nothing else."""
    own, manifest = fleet.names(f"job:{job}/"), json.loads(fleet.bytes_of(f"job:{job}/job.json"))
    assert fleet.names("scores") == {"scores": own[f"job:{job}/dataset1"],
                                     "scores/visualization.png": own[f"job:{job}/visualization.png"]}
    assert {one["key"]: one["version"] for one in manifest["outputs"]} == fleet.names("scores")
    record = fleet.inspect(job)
    assert (record["state"], record["worker"], record["result"]) == ("succeeded", None, manifest)
    return record


def assert_nobody_is_left(host):
    """No child of a job: one zygote and its spare children at most, as before the first job."""
    eventually(lambda: len(host.children("quern-worker")) == 1)


@pytest.mark.parametrize("point", BEFORE_THE_END)
def test_c_a_worker_that_dies_loses_nothing_and_publishes_nothing(fleet, point):
    host = fleet.host(fail=[f"kill@{point}"], queue={"lease": "30s"})
    job = submit(fleet)
    assert fleet.wait(job) == "succeeded"
    assert host.has_failed(f"kill@{point}")
    record = assert_published_once(fleet, job)
    assert (record["attempts"], record["crashes"], record["retries"]) == (2, 1, 0)
    assert_nobody_is_left(host)


def test_c_a_worker_that_dies_after_the_end_changes_nothing(fleet):
    host = fleet.host(fail=["kill@complete:told"], queue={"lease": "30s"})
    job = submit(fleet)
    assert fleet.wait(job) == "succeeded"
    eventually(lambda: host.has_failed("kill@complete:told"))
    record = assert_published_once(fleet, job)
    assert (record["attempts"], record["crashes"]) == (1, 0)
    second = submit(fleet)
    assert fleet.wait(second) == "succeeded"
    assert_published_once(fleet, second)


# The keeper is stopped, too: as when a machine sleeps, or is cut off.
@pytest.mark.parametrize("point", ["load:decoded", "run:ended", "publish:staged", "complete:staged"])
def test_c_a_zombie_publishes_nothing(fleet, point):
    asleep = fleet.host(fail=[f"stop@{point}"], queue={"lease": "1s"})
    job = submit(fleet)
    worker, = eventually(lambda: asleep.stopped("quern-worker"))
    asleep.signal("quern-keeper", signal.SIGSTOP)
    awake = fleet.host(queue={"lease": "1s"})
    assert fleet.wait(job) == "succeeded"
    record = assert_published_once(fleet, job)
    names = fleet.names()
    assert (record["attempts"], record["crashes"]) == (2, 1)
    asleep.signal("quern-keeper", signal.SIGCONT)
    os.kill(worker, signal.SIGCONT)
    eventually(lambda: asleep.events("job done", job=job, queue="default", state="running", reason="lost"))
    # It takes the next job, when nobody else does: it has dropped the old one whole.
    assert awake.drain() == 0
    second = submit(fleet)
    assert fleet.wait(second) == "succeeded"
    assert_published_once(fleet, second)
    assert {key: version for key, version in fleet.names().items() if job in key} == {
        key: version for key, version in names.items() if job in key}
    assert fleet.inspect(job)["result"] == record["result"]


def test_c_a_worker_that_dies_on_a_job_again_and_again_buries_it(fleet):
    host = fleet.host(queue={"lease": "30s"})
    job = fleet.submit("import time\ndef azureml_main():\n print('here', flush=True); time.sleep(600)\n",
                       "--backoff", "10ms..20ms", "--retries", "1", "--retry-on", "exit:75")
    for attempt in range(1, 4):
        eventually(lambda: fleet.says("logs", job) == "here\n" * attempt)
        os.kill(host.child("quern-worker"), signal.SIGKILL)
    assert fleet.wait(job) == "failed"
    record = fleet.inspect(job)
    assert (record["reason"], record["attempts"], record["crashes"]) == ("poison", 3, 3)


def test_c_the_tree_of_a_dead_workers_job_is_dead_before_the_job_runs_again(fleet):
    host = fleet.host(queue={"lease": "30s"})
    job = fleet.submit("import os, time\ndef azureml_main():\n if os.fork() == 0: time.sleep(600)\n"
                       " print('here', flush=True); time.sleep(600)\n")
    eventually(lambda: fleet.says("logs", job) == "here\n")
    sleepers = host.processes("quern-python")
    os.kill(host.child("quern-worker"), signal.SIGKILL)
    eventually(lambda: fleet.says("logs", job) == "here\n" * 2)
    fleet.says("cancel", job)
    assert fleet.wait(job) == "cancelled"
    eventually(lambda: len(host.processes("quern-python")) < len(sleepers))
