# SPDX-License-Identifier: Apache-2.0
"""`quern queue`."""
import json

import pytest

from desk import error
from fleet import Fleet


def test_b_queue_ls_knows_all_queues(fleet):
    fleet.submit("score.py")
    fleet.submit("score.py", "--delay", "1h")
    fleet.redis("HSET", "quern:{night}:conf", "store", "file:/x")
    fleet.redis("SET", "quern:{odd}:other", 1)
    code, out, err = fleet.quern("queue", "ls")
    assert (code, err) == (0, "")
    rows = [line.split() for line in out.splitlines()]
    assert rows[0] == ["queue", "blocked", "delayed", "queued", "running", "succeeded", "failed", "cancelled", "oldest"]
    assert [row[:8] for row in rows[1:]] == [["default", "0", "1", "1", "0", "0", "0", "0"], ["night", *["0"] * 7]]
    one = fleet.quern("queue", "ls", "-q", "night").out.splitlines()
    assert [line.split()[0] for line in one] == ["queue", "night"]
    found = [json.loads(line) for line in fleet.quern("queue", "ls", "--json").out.splitlines()]
    assert [(queue["schema"], queue["queue"], queue["queued"], queue["paused"]) for queue in found] == [
        (1, "default", 1, False), (1, "night", 0, False)]


def test_b_a_paused_queue_gives_no_jobs(fleet):
    job = fleet.submit("score.py")
    worker = fleet.worker()
    assert tuple(fleet.quern("queue", "pause")) == (
        0, "the queue 'default' is paused: running jobs go on, no other begins\n", "")
    assert worker.claim() == "-"
    assert fleet.quern("queue", "ls").out.endswith("  paused\n")
    assert tuple(fleet.quern("queue", "resume", "default")) == (0, "the queue 'default' goes on\n", "")
    assert worker.claim() == job


LIMITS = """\
running      any number
waiting      1,000,000
infra        20
keep-done    168 h 0 min
most-done    100,000
keep-failed  720 h 0 min
most-failed  100,000
log          10.5 MB
"""


def test_b_limits_of_a_queue(fleet):
    assert tuple(fleet.quern("queue", "limit")) == (0, LIMITS, "")
    changed = LIMITS.replace("any number", "1").replace("1,000,000", "2").replace("168 h", "1 h").replace("10.5", "1.0")
    assert tuple(fleet.quern("queue", "limit", "--running", "1", "--waiting", "2", "--keep-done", "1h", "--log", "1M")) == (
        0, changed, "")
    assert json.loads(fleet.says("queue", "limit", "--running", "0", "--json")) == {
        "schema": 1, "queue": "default", "running": None, "waiting": 2, "infra": 20, "keep_done_ms": 3600000,
        "most_done": 100000, "keep_failed_ms": 2592000000, "most_failed": 100000, "log_bytes": 1048576}
    settings = fleet.redis("HMGET", "quern:{default}:conf", "width", "maxq", "done_ms", "log_bytes")
    assert settings == [None, b"2", b"3600000", b"1048576"]
    assert tuple(fleet.quern("queue", "limit", "--running", "-1")) == (2, "", error(
        "--running: expected 0 to 1000000000, found '-1'"))
    assert tuple(fleet.quern("queue", "limit", "Night")) == (2, "", error(
        "-q: queue name: expected 1 to 63 of a-z 0-9 _ . -"))


@pytest.mark.parametrize("verb", ["pause", "resume", "limit"])
def test_b_a_queue_that_is_none_is_not_made_by_a_slip_of_the_fingers(fleet, verb):
    assert tuple(fleet.quern("queue", verb, "defualt")) == (3, "", error(
        "there is no queue 'defualt'", "did you mean 'default'?",
        "list them: quern queue ls; make it: quern queue home defualt --store URL"))
    assert fleet.keys() == ["quern:{default}:conf"]


def test_b_the_home_of_a_queue(tmp_path):
    fleet = Fleet(tmp_path, environments=None)
    assert tuple(fleet.quern("queue", "home")) == (0, "store         not said yet\nenvironments  not said yet\n", "")
    assert tuple(fleet.quern("queue", "home", "default", "--store", f"file:{tmp_path}/s", "--environments", "default,b")) == (
        0, f"store         file:{tmp_path}/s\nenvironments  default,b\n", "")
    assert json.loads(fleet.says("queue", "home", "--json")) == {
        "schema": 1, "queue": "default", "store": f"file:{tmp_path}/s", "environments": ["default", "b"]}
    assert json.loads(fleet.says("queue", "home", "other", "--json")) == {
        "schema": 1, "queue": "other", "store": None, "environments": []}
    code, out, err = fleet.quern("queue", "home", "--store", "ftp://x")
    assert (code, out) == (2, "") and err.startswith("error: --store: ")
    assert tuple(fleet.quern("queue", "home", "--environments", "a,,b")) == (2, "", error(
        "--environments: '' is not a name; expected 1 to 64 of A-Z a-z 0-9 _ . -"))
    fleet.close()
