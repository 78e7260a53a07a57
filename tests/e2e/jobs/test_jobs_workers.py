# SPDX-License-Identifier: Apache-2.0
"""`quern worker`, and why a job waits."""
import json
import re

from desk import error, status


def test_b_workers_are_listed_and_drained(fleet):
    worker = fleet.worker()
    for name in ("host3:0", "host3:1", "host4:0"):
        assert worker.beat(name, "version=1.0 state=unready why=no \u202e here") == "ok"
    code, out, err = fleet.quern("worker", "ls")
    assert (code, err) == (0, "")
    heading, *rows = out.splitlines()
    assert heading == "worker   state        version   job, or why none"
    assert sorted(rows) == [f"host{name}  ✕ not ready  1.0       no \\u202e here" for name in ("3:0", "3:1", "4:0")]
    assert tuple(fleet.quern("worker", "drain", "host4")) == (
        0, "host4:0 drains: it ends its job and takes no other\n", "")
    assert fleet.quern("worker", "drain", "host3").out.count("drains") == 2
    assert [worker.beat(name) for name in ("host3:0", "host3:1")] == ["drain", "drain"]
    assert tuple(fleet.quern("worker", "drain", "host3:1", "--undo")) == (0, "host3:1 takes jobs again\n", "")
    assert [worker.beat(name) for name in ("host3:0", "host3:1")] == ["drain", "ok"]
    assert tuple(fleet.quern("worker", "drain", "host")) == (3, "", error(
        "there is no worker 'host' at the queue 'default'", "list them: quern worker ls -q default"))
    found = {json.loads(line)["worker"]: json.loads(line) for line in fleet.quern("worker", "ls", "--json").out.splitlines()}
    assert found["host3:0"] == {"schema": 1, "queue": "default", "worker": "host3:0", "state": "draining", "job": None,
                                "alive": True, "draining": True, "version": None, "why": None, "info": "idle"}


def test_b_worker_ls_tells_what_runs(fleet):
    worker = fleet.worker()
    job = fleet.submit("score.py")
    worker.claim()
    own = status(fleet, job)["worker"]
    worker.beat(own, "version=1.0 state=idle")
    row = fleet.quern("worker", "ls").out.splitlines()[1]
    assert re.fullmatch(rf"{own:6}  ▶ running    1.0       1 score.py for .*", row)
    found = json.loads(fleet.quern("worker", "ls", "--json").out)
    assert (found["state"], found["job"]) == ("running", job)


def test_b_a_job_that_waits_tells_why(fleet):
    def why():
        told = fleet.quern("status", "1").out.splitlines()
        listed = fleet.quern("ls").out.splitlines()[-1]
        assert told[1].strip() == listed if len(told) > 1 else not listed.startswith("waiting: ")
        return told[1].strip() if len(told) > 1 else None

    worker = fleet.worker()
    fleet.submit("score.py")
    assert why() == "waiting: nobody works for the queue 'default': quern up --detach, or start quernd"
    worker.beat("a:0", "version=1.0 state=unready why=its store is file:/x, [store] url here is file:/y")
    assert why() == ("waiting: no worker is ready for the queue 'default': "
                     "its store is file:/x, [store] url here is file:/y")
    worker.beat("a:1", "version=1.0 state=starting why=environment default: coming up")
    assert why() == "waiting: its workers start: environment default: coming up"
    worker.beat("a:0", "version=1.0 state=idle")
    assert why() is None
    fleet.quern("queue", "limit", "--running", "1")
    fleet.submit("score.py", "--priority", "0")
    worker.claim()
    assert why() == "waiting: 1 of 1 jobs run that may at once: quern queue limit default"
    fleet.quern("queue", "pause")
    assert why() == "waiting: the queue 'default' is paused: quern queue resume default"
    fleet.quern("queue", "resume")
    fleet.quern("queue", "limit", "--running", "0")
    fleet.quern("worker", "drain", "a:0", "a:1")
    assert why() == "waiting: all workers of the queue 'default' drain: quern worker ls -q default"


def test_b_who_waits_for_a_job_that_cannot_begin_is_told_why(fleet):
    fleet.quern("queue", "pause")
    with fleet.start("submit", "score.py", "--wait") as process:
        assert process.stderr.readline() == "waiting: the queue 'default' is paused: quern queue resume default\n"


def test_b_nobody_works_says_what_to_do(fleet):
    assert tuple(fleet.quern("worker", "ls")) == (
        0, "", "nobody works for the queue 'default': quern up --detach, or start quernd\n")
