# SPDX-License-Identifier: Apache-2.0
"""`quern queue`."""
import json

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


def test_b_limits_of_a_queue(fleet):
    assert tuple(fleet.quern("queue", "limit")) == (0, "running  any number\nwaiting  1,000,000\n", "")
    assert tuple(fleet.quern("queue", "limit", "--running", "1", "--waiting", "2", "--keep-done", "1h", "--log", "1M")) == (
        0, "running  1\nwaiting  2\n", "")
    settings = fleet.redis("HMGET", "quern:{default}:conf", "width", "maxq", "done_ms", "log_bytes")
    assert settings == [b"1", b"2", b"3600000", b"1048576"]
    assert tuple(fleet.quern("queue", "limit", "--running", "-1")) == (2, "", error(
        "--running: expected 0 to 1000000000, found '-1'"))
    assert tuple(fleet.quern("queue", "limit", "Night")) == (2, "", error(
        "-q: queue name: expected 1 to 63 of a-z 0-9 _ . -"))


def test_b_the_home_of_a_queue(tmp_path):
    fleet = Fleet(tmp_path, environments=None)
    assert tuple(fleet.quern("queue", "home")) == (0, "store         not said yet\nenvironments  not said yet\n", "")
    assert tuple(fleet.quern("queue", "home", "default", "--store", f"file:{tmp_path}/s", "--environments", "default,b")) == (
        0, f"store         file:{tmp_path}/s\nenvironments  default,b\n", "")
    code, out, err = fleet.quern("queue", "home", "--store", "ftp://x")
    assert (code, out) == (2, "") and err.startswith("error: --store: ")
    assert tuple(fleet.quern("queue", "home", "--environments", "a,,b")) == (2, "", error(
        "--environments: '' is not a name; expected 1 to 64 of A-Z a-z 0-9 _ . -"))
    fleet.close()
