# SPDX-License-Identifier: Apache-2.0
"""What /metrics of a host tells: all names of docs/operations.md, well formed, and true."""
import datetime
import re
import sys

import pytest

from fleet import ROOT, eventually

sys.path.insert(0, str(ROOT / "tests/oracles"))
import prometheus_text  # noqa: E402

DONE = "def azureml_main():\n    return None\n"
LARGE = "def azureml_main():\n    held = bytearray(3 << 30)\n    held[::4096] = bytes(len(held[::4096]))\n"
LONG = "import time\ndef azureml_main():\n    print('begun', flush=True)\n    time.sleep(600)\n"


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def pages(host):
    return prometheus_text.read(host.get("/metrics")[1])


def told(host, name, **labels):
    return prometheus_text.value(pages(host), name, **labels)


def documented():
    """The names in the table of docs/operations.md, each with its labels."""
    text = (ROOT / "docs/operations.md").read_text()
    table = text[text.index("## Metrics"):]
    names = {}
    for row in re.findall(r"^\| (`quern_.*?) \|", table[:table.index("\n\n", table.index("|---"))], re.M):
        shared = re.search(r"`\{([a-z_,]+)\}`", row)
        for name, labels in re.findall(r"`(quern_\w+)(?:\{([a-z_,]+)\})?`", row):
            names[name] = set((labels or (shared[1] if shared else "")).split(",")) - {""}
    return names


def test_b_every_metric_is_documented_and_every_documented_one_is_told(fleet):
    host = fleet.host().ready()
    fleet.in_state(fleet.submit(DONE), "succeeded")
    found = fleet.submit(LONG)
    fleet.begun(found)
    fleet.says("cancel", found)
    fleet.in_state(found, "cancelled")
    eventually(lambda: told(host, "quern_sandbox_kills_total", reason="cancelled") == 1, "its kill is counted")
    families = pages(host)
    names = documented()
    only_on_redis = {"quern_store_used_bytes", "quern_store_budget_bytes"}
    assert set(families) | only_on_redis == set(names)
    for name, family in families.items():
        labels = {label for _, pairs in family.samples for label, _ in pairs} - {"le"}
        assert labels == names[name], name
        assert family.samples or name == "quern_sandbox_kills_total", name


def test_b_waits_runs_memory_and_ends_of_jobs_are_told(fleet):
    names = {"queue": "default"}
    waiting = fleet.submit(DONE)  # before anybody serves the queue
    host = fleet.host().ready()
    fleet.in_state(waiting, "succeeded")
    fleet.in_state(fleet.submit("def azureml_main():\n    raise ValueError\n"), "failed")
    eventually(lambda: told(host, "quern_job_run_seconds_count", **names) == 2, "two ran")
    families = pages(host)
    value = prometheus_text.value
    record = fleet.inspect(waiting)
    assert value(families, "quern_job_wait_seconds_count", **names) == 2
    assert value(families, "quern_job_wait_seconds_sum", **names) >= moment(record["started"]) - moment(record["submitted"])
    assert value(families, "quern_job_publish_seconds_count", **names) == 2
    assert value(families, "quern_job_step_seconds_count", step="claim", **names) == 2
    assert value(families, "quern_job_max_rss_bytes_count", **names) == 2
    assert value(families, "quern_job_max_rss_bytes_sum", **names) >= 2 * 2**20
    assert value(families, "quern_jobs_finished_total", state="succeeded", why="", **names) == 1
    assert value(families, "quern_jobs_finished_total", state="failed", why="exception", **names) == 1
    assert value(families, "quern_queue_jobs", state="succeeded", **names) == 1
    assert value(families, "quern_jobs_submitted_total", **names) == 2
    assert value(families, "quern_sandbox_kills_total", reason="exception") is None
    assert value(families, "quern_unconfirmed_completions_total", **names) == 0


@pytest.mark.parametrize("script, options, state, reason", [
    (LARGE, ["--memory", "1G"], "failed", "limit:memory"),
    (LONG, ["--timeout", "1s"], "failed", "limit:time"),
])
def test_l_what_a_limit_ended_is_counted(fleet, script, options, state, reason):
    host = fleet.host().ready()
    assert fleet.in_state(fleet.submit(script, *options), state)["reason"] == reason
    eventually(lambda: told(host, "quern_sandbox_kills_total", reason=reason) == 1, "it is counted")


def test_b_how_long_jobs_have_waited_is_told_by_priority(fleet):
    host = fleet.host().ready()
    fleet.says("queue", "pause")
    fleet.submit(DONE, "--priority", "2")

    def ages():
        families = pages(host)
        return [prometheus_text.value(families, "quern_queue_oldest_ready_seconds", queue="default", prio=str(prio))
                for prio in range(10)]
    ages = eventually(lambda: (found := ages())[2] and found, "it waits")
    assert [prio for prio, age in enumerate(ages) if age] == [2]


def test_c_writes_of_attempts_that_lost_their_lease_are_told_by_what_they_were(fleet):
    host = fleet.host().ready()
    fleet.says("queue", "pause")
    job = fleet.submit(DONE)
    fleet.redis("HSET", fleet.key("stats"), "fenced_complete", 3)
    assert fleet.state(job) == "queued"
    names = {"queue": "default"}
    eventually(lambda: told(host, "quern_fenced_writes_total", op="complete", **names) == 3, "three writes")
    assert told(host, "quern_fenced_writes_total", op="log", **names) == 0


def test_c_connections_that_are_made_anew_are_counted(fleet):
    host = fleet.host().ready()
    before = told(host, "quern_redis_reconnects_total")
    fleet.redis("CLIENT", "KILL", "TYPE", "normal")
    eventually(lambda: told(host, "quern_redis_reconnects_total") > before, "anew")
