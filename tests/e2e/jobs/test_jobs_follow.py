# SPDX-License-Identifier: Apache-2.0
"""`quern logs`, `wait`, `submit --wait` and `--follow`: with and without a terminal."""
import json
import os
import pty
import signal

import pytest

from desk import read_terminal, status
from fleet import PATIENCE_SECONDS, eventually


def test_b_logs_go_where_they_came_from(fleet):
    worker = fleet.worker()
    job = fleet.submit("score.py")
    worker.claim()
    worker.log(b"to stdout \xff\r\n")
    worker.log(b"to stderr", stream=2)
    worker.log(b"\x1b]0;title\x07more\n")
    done = fleet.quern("logs", job, text=False)
    assert tuple(done) == (0, b"to stdout \xff\r\n\x1b]0;title\x07more\n", b"to stderr")


def test_b_logs_follow_to_the_end(fleet):
    worker = fleet.worker()
    job = fleet.submit("score.py")
    with fleet.start("logs", "-f", job) as reader:
        worker.claim()
        worker.log(b"first\n")
        assert reader.stdout.readline() == "first\n"
        worker.log(b"second\n")
        assert reader.stdout.readline() == "second\n"
        worker.complete()
        assert reader.communicate(timeout=PATIENCE_SECONDS) == ("", "")
        assert reader.returncode == 0


def test_b_a_second_attempt_is_told_apart(fleet):
    worker = fleet.worker()
    job = fleet.submit("score.py", "--retries", "1", "--backoff", "1ms..1ms")
    worker.claim()
    worker.log(b"one\n")
    assert worker.fail("exception") == "delayed"
    eventually(lambda: worker.tell("tick") and worker.claim() == job, "the second attempt")
    worker.log(b"two\n")
    assert tuple(fleet.quern("logs", job)) == (0, "one\ntwo\n", "-- attempt 2\n")


def test_b_the_last_lines(fleet):
    worker = fleet.worker()
    job = fleet.submit("score.py")
    worker.claim()
    worker.log(b"one\ntwo\nth")
    worker.log(b"warned\n", stream=2)
    worker.log(b"ree\nfo")
    worker.log(b"ur")
    for lines, out, err in ((0, "", ""), (1, "four", ""), (3, "three\nfour", "warned\n"),
                            (4, "two\nthree\nfour", "warned\n"), (1000, "one\ntwo\nthree\nfour", "warned\n")):
        assert tuple(fleet.quern("logs", "-n", str(lines), job)) == (0, out, err), lines
    with fleet.start("logs", "-f", "--tail", "1", job) as process:
        assert process.stdout.read(4) == "four"
        worker.log(b"\nfive\n")
        worker.complete()
        assert process.communicate(timeout=PATIENCE_SECONDS) == ("\nfive\n", "")


def test_b_the_log_of_one_attempt(fleet):
    worker = fleet.worker()
    job = fleet.submit("score.py", "--retries", "2", "--backoff", "1ms..1ms")
    for text in (b"first\nagain\n", b"second\n"):
        eventually(lambda: worker.tell("tick") and worker.claim() == job, "the next attempt")
        worker.log(text)
        worker.fail("exception")
    assert tuple(fleet.quern("logs", "1", "--attempt", "1")) == (0, "first\nagain\n", "")
    assert tuple(fleet.quern("logs", "1", "--attempt", "1", "-n", "1")) == (0, "again\n", "")
    assert tuple(fleet.quern("logs", "1", "--attempt", "2")) == (0, "second\n", "")
    assert tuple(fleet.quern("logs", "1", "--attempt", "3")) == (3, "", "error: --attempt: job '1' has had 2 attempts\n")


def test_b_ctrl_c_leaves_the_log(fleet):
    job = fleet.submit("score.py")
    worker = fleet.worker()
    worker.claim()
    worker.log(b"here\n")
    with fleet.start("logs", "-f", job) as reader:
        assert reader.stdout.readline() == "here\n"
        reader.send_signal(signal.SIGINT)
        assert reader.communicate(timeout=PATIENCE_SECONDS) == ("", f"left the log of {job}; the job is as it was\n")
        assert reader.returncode == 130
    assert status(fleet, job)["state"] == "running"


@pytest.mark.parametrize("reason, detail, code", [
    ("exception", 0, 1), ("exit", 75, 1), ("limit:time", 0, 124), ("limit:memory", 0, 137), ("bug", 0, 125)])
def test_b_wait_ends_at_any_end_with_the_jobs_code(fleet, reason, detail, code):
    worker = fleet.worker()
    job = fleet.submit("score.py")
    with fleet.start("wait", job) as waiting:
        worker.claim()
        worker.log(b"output wakes nobody who waits\n")
        assert worker.fail(reason, detail) == "failed"
        out, err = waiting.communicate(timeout=PATIENCE_SECONDS)
        assert (waiting.returncode, out) == (code, "") and "✕ 1 failed" in err


def test_b_wait_for_several(fleet):
    worker = fleet.worker()
    jobs = [fleet.submit("score.py") for _ in range(3)]
    worker.claim()
    worker.complete()
    fleet.quern("cancel", "2")
    assert tuple(fleet.quern("wait", "1")) == (0, "", "")
    code, out, err = fleet.quern("wait", *jobs[:2], "--json")
    records = [json.loads(line) for line in out.splitlines()]
    assert (code, err) == (4, "")
    assert [(record["id"], record["state"], record["worker"]) for record in records] == [
        (jobs[0], "succeeded", "tool"), (jobs[1], "cancelled", None)]
    code, out, err = fleet.quern("wait", *jobs, "--timeout", "100ms")
    assert (code, out) == (4, "")
    assert fleet.quern("wait", "3", "--timeout", "100ms").code == 124
    assert fleet.quern("wait", "77").code == 3


def test_c_wait_outlives_a_restart_of_redis(fleet):
    job = fleet.submit("score.py")
    with fleet.start("wait", job) as waiting:
        fleet.server.kill()
        assert waiting.stderr.readline().startswith("waiting for Redis: ")
        fleet.server.start()
        worker = fleet.worker()
        assert worker.claim() == job
        worker.complete()
        assert waiting.wait(timeout=PATIENCE_SECONDS) == 0


def test_b_submit_waits_with_the_jobs_code(fleet):
    worker = fleet.worker()
    with fleet.start("submit", "score.py", "--wait") as waiting:
        job = waiting.stdout.readline().strip()
        assert worker.claim() == job
        worker.fail("limit:memory")
        assert waiting.wait(timeout=PATIENCE_SECONDS) == 137


def test_b_submit_follows_states_and_output(fleet):
    worker = fleet.worker()
    with fleet.start("submit", "score.py", "-f") as following:
        job = following.stderr.readline().strip()
        assert following.stderr.readline() == "○ queued\n"
        assert worker.claim() == job
        assert following.stderr.readline() == "▶ running\n"
        worker.log(b"hello\n")
        worker.log(b"oops\n", stream=2)
        worker.fail("exception", text="ValueError: no")
        out, err = following.communicate(timeout=PATIENCE_SECONDS)
        assert (following.returncode, out) == (1, "hello\n")
        assert err.startswith("oops\n✕ 1 failed  score.py  ran ")
        assert err.endswith(f": ValueError: no (exception)  {job}\n")


def test_b_ctrl_c_leaves_the_job_and_a_second_one_cancels_it(fleet):
    worker = fleet.worker()
    with fleet.start("submit", "score.py", "--follow") as following:
        job = following.stderr.readline().strip()
        worker.claim()
        worker.log(b"hello\n")
        assert following.stdout.readline() == "hello\n"
        following.send_signal(signal.SIGINT)
        said = list(iter(following.stderr.readline, "Stop it: Ctrl-C again, now, or quern cancel 1\n"))
        assert said[-1] == "left job 1, which goes on. Back to it: quern logs -f 1\n"
        assert status(fleet, job)["cancelling"] is False
        following.send_signal(signal.SIGINT)
        assert following.communicate(timeout=PATIENCE_SECONDS) == ("", "1 is told to end\n")
        assert following.returncode == 4
    assert status(fleet, job)["cancelling"] is True


def test_f_output_of_a_job_never_steers_the_terminal(fleet):
    worker = fleet.worker()
    job = fleet.submit("score.py")
    worker.claim()
    worker.log(b"\x1b]52;c;aGk=\x07\x1b[31mred\x1b[0m\xe2\x80\xae\n")
    worker.fail("exception", text="\x1b]0;owned\x07 \u202eevil")
    ours, its = pty.openpty()
    with fleet.start("logs", job, stdout=its, stderr=its) as process:
        os.close(its)
        shown = read_terminal(ours, process)
    assert b"\x1b]" not in shown and b"\x07" not in shown and b"\x1b[31mred" in shown
    assert b"\\x1b]52;c;aGk=\\x07" in shown and b"\\u202e" in shown
    told = fleet.quern("status", job, text=False).out
    assert b"\x1b" not in told and b"\x07" not in told and "\u202e".encode() not in told


def test_b_progress_is_a_line_of_the_terminal(fleet):
    worker = fleet.worker()
    job = fleet.submit("score.py")
    worker.claim()
    worker.progress("epoch 5")
    ours, its = pty.openpty()
    with fleet.start("wait", job, stdout=its, stderr=its) as process:
        os.close(its)
        shown = b""
        while b"epoch 5" not in shown:
            shown += os.read(ours, 65536)
        worker.complete()
        shown += read_terminal(ours, process)
        assert process.returncode == 0
    assert "▶ running".encode() in shown and shown.endswith(b"\r\x1b[K")
