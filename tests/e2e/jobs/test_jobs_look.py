# SPDX-License-Identifier: Apache-2.0
"""`quern ls`, `status`, `inspect`."""
import json
import os
import pty
import re
import signal

from desk import error, read_terminal, status


def test_b_ls_shows_states_in_their_order(fleet):
    worker = fleet.worker()
    worker.beat("a:0")
    done, failed, running = (fleet.submit("score.py") for _ in range(3))
    assert worker.claim() == done
    worker.complete()
    assert worker.claim() == failed
    worker.fail("limit:memory")
    assert worker.claim() == running
    fleet.submit("score.py", "--delay", "1h")
    fleet.submit("score.py", "--after", "3")
    fleet.submit("score.py", "-p", "0")
    code, out, err = fleet.quern("ls")
    assert (code, err) == (0, "")
    rows = [line.split() for line in out.splitlines()]
    assert rows[0] == ["job", "state", "since", "P", "script", "worker,", "reason"]
    assert [(row[0], row[1], row[2]) for row in rows[1:]] == [
        ("3", "▶", "running"), ("6", "○", "queued"), ("4", "◷", "delayed"), ("5", "◌", "blocked"),
        ("1", "✓", "succeeded"), ("2", "✕", "failed")]
    assert rows[1][-2:] == ["score.py", "tool"] and rows[6][-1] == "limit:memory"
    code, out, err = fleet.quern("ls", "--state", "failed", "--state", "queued", "--json")
    found = [json.loads(line) for line in out.splitlines()]
    assert [(job["schema"], job["state"], job["number"], job["exit_code"]) for job in found] == [
        (1, "queued", 6, None), (1, "failed", 2, 137)]
    assert tuple(fleet.quern("ls", "--state", "blokced")) == (2, "", error(
        "--state: 'blokced' is not the state of a job", "did you mean 'blocked'?",
        "they are: blocked, delayed, queued, running, succeeded, failed, cancelled"))


def test_l_ls_says_what_it_leaves_out(fleet):
    fleet.worker().beat("a:0")
    for _ in range(3):
        fleet.submit("score.py")
    code, out, err = fleet.quern("ls", "-n", "2")
    assert code == 0 and len(out.splitlines()) == 4
    assert out.splitlines()[-1] == "in all 3 queued; more of them: -n COUNT"
    assert tuple(fleet.quern("ls", "-q", "empty")) == (0, "", "no such jobs in the queue 'empty'\n")


def test_b_status_tells_of_each_state(fleet):
    worker = fleet.worker()
    job = fleet.submit("score.py")
    worker.beat("a:0")
    assert re.fullmatch(rf"○ 1 queued  score\.py  for \S+ s  {job}\n", fleet.quern("status", "1").out)
    worker.claim()
    worker.progress("epoch 5")
    assert re.fullmatch(rf"▶ 1 running  score\.py  for \S+ s on tool: epoch 5  {job}\n", fleet.quern("status", job).out)
    worker.fail("exception", text="KeyError: 'age'")
    assert re.fullmatch(rf"✕ 1 failed  score\.py  ran \S+ s: KeyError: 'age' \(exception\)  {job}\n",
                        fleet.quern("status", job).out)
    assert status(fleet, job)["exit_code"] == 1
    code, out, err = fleet.quern("status", "9", job, "nobody")
    assert code == 3 and out.startswith("✕ 1 failed")
    assert err == error("there is no job '9' in the queue 'default'", "list them: quern ls -q default") + error(
        "there is no job 'nobody' in the queue 'default'", "list them: quern ls -q default")


def test_b_inspect_has_document_and_result(fleet):
    worker = fleet.worker()
    job = fleet.submit("score.py", "--param", "a=\u00e4")
    worker.claim()
    worker.complete('{"schema": 1, "outputs": []}')
    found = json.loads(fleet.quern("inspect", job).out)
    assert (found["schema"], found["id"], found["state"], found["attempts"]) == (1, job, "succeeded", 1)
    assert found["result"] == {"schema": 1, "outputs": []}
    assert found["document"]["params"] == {"a": "\u00e4"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found["ended"])


def test_b_ls_looks_on(fleet):
    job = fleet.submit("score.py")
    ours, its = pty.openpty()
    with fleet.start("ls", "-w", stdout=its, stderr=its) as process:
        os.close(its)
        shown = b""
        while b"queued" not in shown:
            shown += os.read(ours, 65536)
        fleet.quern("cancel", job)
        while b"cancelled" not in shown:
            shown += os.read(ours, 65536)
        process.send_signal(signal.SIGINT)
        read_terminal(ours, process)
        assert process.returncode == 0
    assert tuple(fleet.quern("ls", "-w")) == (2, "", error("-w: expected a terminal on standard output, and no --json"))
