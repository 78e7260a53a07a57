# SPDX-License-Identifier: Apache-2.0
"""`durability`: what a submission and a result wait for, and what is said where it does not come."""
import signal
import socket

import pytest

from fleet import Server, eventually

DONE = "def azureml_main():\n    return None\n"


@pytest.fixture
def replica(fleet):
    """A server that has all that the fleet's Redis has."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    fleet.redis("CONFIG", "SET", "repl-diskless-sync-delay", 0)
    fleet.redis("CONFIG", "SET", "port", port)
    server = Server("--replicaof", "127.0.0.1", str(port))
    eventually(lambda: b"state=online" in fleet.redis("INFO", "replication"), "the replica follows")
    yield server
    server.process.send_signal(signal.SIGCONT)
    server.close()


def why(host):
    return eventually(lambda: (page := host.get("/readyz")) and "durability" in page[1] and page, "it says why")


def test_b_a_queue_is_not_served_where_nothing_could_be_confirmed(fleet):
    assert why(fleet.host(queue={"durability": "fsync"})) == (
        503, "default: durability is fsync, which needs Redis 7.2 or later with appendonly yes; set appendfsync always "
             "there and durability normal here\n")
    assert why(fleet.host(queue={"durability": "replicated"})) == (
        503, "default: durability is replicated and Redis has no replica; start one, or set normal\n")
    assert fleet.state(fleet.submit(DONE)) == "queued"


def test_c_a_result_that_no_replica_has_is_logged_and_counted(fleet, replica):
    host = fleet.host(queue={"durability": "replicated"}).ready()
    assert fleet.in_state(fleet.submit(DONE), "succeeded")["attempts"] == 1
    metric = 'quern_unconfirmed_completions_total{queue="default"}'
    eventually(lambda: host.events("job done"), "done")
    assert (host.metric(metric), host.events("completed, not confirmed")) == (0, [])
    replica.process.send_signal(signal.SIGSTOP)
    second = fleet.submit(DONE)
    assert fleet.in_state(second, "succeeded")["crashes"] == 0
    event = eventually(lambda: host.events("completed, not confirmed"), "it is logged")[0]
    assert (event["level"], event["job"], event["durability"]) == ("warning", second, "replicated")
    eventually(lambda: host.metric(metric) == 1, "it is counted")
    third = fleet.submit(DONE)
    assert fleet.in_state(third, "succeeded")["attempts"] == 1
    assert host.events("worker ended") == []


@pytest.mark.parametrize("file", [False, True])
def test_c_a_submission_that_no_replica_has_may_be_repeated(fleet, replica, file):
    settings = fleet.directory / "config/quern/quern.ini"
    settings.parent.mkdir(parents=True)
    settings.write_text("[queue]\ndurability = replicated\n" if file else "")
    more = {} if file else {"QUERN_DURABILITY": "replicated"}
    script = fleet.script(DONE)
    assert tuple(fleet.quern("submit", script, "--id", "first", **more)) == (0, "first\n", "")
    replica.process.send_signal(signal.SIGSTOP)
    refusal = (75, "", "error: submit: accepted, not confirmed: no replica had it within 2501 ms\n"
                       "  the same again is the same job: --id second\n")
    assert tuple(fleet.quern("submit", script, "--id", "second", **more)) == refusal
    assert tuple(fleet.quern("submit", script, "--id", "second", **more)) == refusal
    replica.process.send_signal(signal.SIGCONT)
    assert tuple(fleet.quern("submit", script, "--id", "second", **more)) == (0, "second\n", "")
    assert fleet.redis("ZCARD", fleet.key("numbers")) == 2


def test_b_a_durability_is_one_of_three_words(fleet):
    assert tuple(fleet.quern("ls", QUERN_DURABILITY="always")) == (
        78, "", 'error: QUERN_DURABILITY: durability: expected normal, replicated or fsync, found "always"\n')
