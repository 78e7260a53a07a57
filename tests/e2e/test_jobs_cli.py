# SPDX-License-Identifier: Apache-2.0
"""The verbs on a queue, against a real Redis; the test plays the worker."""
import hashlib
import json
import os
import pty
import re
import select
import signal
import subprocess

import pytest

from fleet import RELEASE, Fleet, eventually

SCRIPT = "def azureml_main(dataframe1=None, dataframe2=None):\n    return dataframe1,\n"
ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")


@pytest.fixture
def fleet(tmp_path):
    (tmp_path / "score.py").write_text(SCRIPT)
    (tmp_path / "patients.csv").write_text("a,b\n1,2\n")
    (tmp_path / "lib.zip").write_bytes(b"PK\5\6" + bytes(18))
    with Fleet(tmp_path, environments="") as fleet:
        yield fleet


def error(*lines):
    return "error: " + "\n  ".join(lines) + "\n"


def sha(path):
    return "sha256-" + hashlib.sha256(path.read_bytes()).hexdigest()


def status(fleet, job):
    code, out, err = fleet.quern("status", job, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def document(fleet, job):
    return json.loads(fleet.quern("inspect", job).out)["document"]


# ---- submit ----

def test_b_submit_prints_the_id_alone(fleet):
    code, out, err = fleet.quern("submit", "score.py")
    assert (code, err) == (0, "") and ID.fullmatch(out.strip())
    assert status(fleet, out.strip())["number"] == 1
    assert status(fleet, "1")["id"] == out.strip()


def test_b_submit_uploads_files_and_pins_their_bytes(fleet):
    job = fleet.submit("score.py", "--dataframe1", "patients.csv", "--dataframe12", "./patients.csv", "--bundle",
                       "lib.zip")
    script, data, bundle = (fleet.directory / name for name in ("score.py", "patients.csv", "lib.zip"))
    kept = [(path, sha(path)) for path in (script, data, bundle)]
    for path, version in kept:
        assert (fleet.directory / "store/objects" / version).read_bytes() == path.read_bytes()
    spec = document(fleet, job)
    assert spec["script"] == {"url": f"job:{job}/input/script", "version": kept[0][1], "name": "score.py"}
    assert spec["bundle"] == {"url": f"job:{job}/input/bundle", "version": kept[2][1], "name": "lib.zip"}
    assert spec["inputs"] == [
        {"port": port, "format": "csv", "no_header": False, "url": f"job:{job}/input/dataframe{port}", "version": kept[1][1],
         "name": "patients.csv"} for port in (1, 12)]


def test_b_every_flag_has_its_place(fleet):
    first = fleet.submit("score.py", "--id", "first")
    job = fleet.submit("score.py", "-o", "scores", "--output", "visualization=plots/a.png", "--read", "a/", "--read",
                       "b", "--write", "c", "--param", "k=v", "--timeout", "5s", "--memory", "64M", "-p", "2",
                       "--retries", "3", "--backoff", "1s..2s", "--retry-on", "exit:75,lost", "--after", "any:1",
                       "--unique", "night:1", "--delay", "1h")
    spec = document(fleet, job)
    assert spec["outputs"] == {"*": "scores", "visualization": "plots/a.png"}
    assert (spec["read"], spec["write"], spec["params"]) == (["a/", "b"], ["c"], {"k": "v"})
    assert (spec["limits"]["time_ms"], spec["limits"]["memory_bytes"]) == (5000, 64 << 20)
    fields = fleet.redis("HGETALL", f"quern:{{default}}:job:{job}")
    record = dict(zip([key.decode() for key in fields[::2]], [value.decode() for value in fields[1::2]]))
    expected = {"st": "blocked", "prio": "2", "time": "5000", "maxretries": "3", "base": "1000", "cap": "2000",
                "rules": "exit:75,lost", "unique": "night:1", "deps": f"any:{first}"}
    assert {name: record[name] for name in expected} == expected


def test_b_an_id_of_ones_own_makes_submission_idempotent(fleet):
    assert fleet.submit("score.py", "--id", "mine") == fleet.submit("score.py", "--id", "mine") == "mine"
    assert status(fleet, "mine")["number"] == 1
    assert tuple(fleet.quern("submit", "score.py", "--id", "mine", "--param", "a=1")) == (2, "", error(
        "--id: there is another job with the id 'mine'", "look at it: quern status mine"))


def test_b_a_job_waits_for_what_it_takes(fleet):
    first = fleet.submit("score.py")
    second = fleet.submit("score.py", "--dataframe1", "job:1/dataset1")
    third = fleet.submit("score.py", "--dataframe1", f"job:{first}/stdout.txt", "--after", "any:1")
    assert document(fleet, second)["inputs"] == [
        {"port": 1, "format": "arrow", "no_header": False, "url": f"job:{first}/dataset1", "name": "job:1/dataset1"}]
    assert [status(fleet, job)["state"] for job in (first, second, third)] == ["queued", "blocked", "blocked"]
    worker = fleet.worker()
    assert worker.claim() == first
    assert worker.fail("exception") == "failed"
    assert (status(fleet, second)["state"], status(fleet, second)["reason"]) == ("failed", f"dependency:{first}")
    assert status(fleet, third)["state"] == "queued"


def test_b_a_unique_name_is_taken_once(fleet):
    job = fleet.submit("score.py", "--unique", "night")
    assert tuple(fleet.quern("submit", "score.py", "--unique", "night")) == (75, "", error(
        f"--unique: the job '{job}' has the name 'night' and has not ended", f"wait for it: quern wait {job}"))
    fleet.quern("cancel", "1")
    fleet.submit("score.py", "--unique", "night")


def test_l_a_full_queue_says_so(fleet):
    fleet.redis("HSET", "quern:{default}:conf", "maxq", 1)
    fleet.submit("score.py")
    assert tuple(fleet.quern("submit", "score.py")) == (75, "", error(
        "the queue 'default' is full: 1 of 1 jobs wait",
        "try again later; its bound: quern queue limit default --waiting COUNT"))


@pytest.mark.parametrize("words, code, lines", [
    (["--after", "77"], 3, ["there is no job '77' in the queue 'default'", "list them: quern ls -q default",
                            "--after is written so: ok:JOB, any:JOB or notok:JOB"]),
    (["--after", "ok:nobody"], 3, ["--after: there is no job 'nobody' in the queue 'default'",
                                   "list them: quern ls -q default"]),
    (["--after", "maybe:1"], 2, [
        "'maybe:1' is not a job; expected its number, or its id: 1 to 64 of A-Z a-z 0-9 _ -",
        "--after is written so: ok:JOB, any:JOB or notok:JOB"]),
    (["--dataframe1", "patient"], 3, ["--dataframe1: there is no dataset 'patient' in the store",
                                      "a file is written with a path: ./patient"]),
    (["--dataframe1", "job:9/dataset1"], 3, ["there is no job '9' in the queue 'default'",
                                             "list them: quern ls -q default"]),
    (["--id", "12"], 2, ["--id: '12' would be taken for a number; put a letter in front"]),
    (["--output", "scores"], 2, ["--output: 'scores' is not PORT=KEY; write dataset1=scores"]),
    (["--output", "dataset1=a", "--output", "dataset1=b"], 2, ["--output: 'dataset1' was given twice"]),
    (["-o", "a", "--publish", "b"], 2, ["--publish was given twice"]),
    (["--retry-on", "exit:75"], 2, ["--retry-on: there are no retries", "say how many: --retries 3"]),
    (["--backoff", "5s"], 2, ["--backoff: there are no retries", "say how many: --retries 3"]),
    (["--retries", "1", "--backoff", "5"], 2, ["--backoff: '5' is not a duration; write 5s"]),
    (["--retries", "1", "--backoff", "5s..1s"], 2,
     ["--backoff: expected the longest pause to be no shorter than the first one"]),
    (["--retries", "1001"], 2, ["--retries: expected 1 to 1000, found '1001'"]),
    (["--retries", "1", "--retry-on", "rain"], 2, [
        'retry-on: expected reasons such as exit:75, signal:SIGSEGV, limit:memory, exception or lost, found "rain"']),
    (["--priority", "11"], 2, ["--priority: '11' is not one of 0|1|2|3|4|5|6|7|8|9", "did you mean '1'?"]),
    (["--env", "py38"], 2, ["--env: the workers of the queue 'default' have no environment 'py38'",
                            "did you mean 'py39'?", "they have: default,py39"]),
    (["-q", "Big"], 2, ["-q: queue name: expected 1 to 63 of a-z 0-9 _ . -"]),
])
def test_b_what_cannot_be_submitted_is_refused_with_the_next_step(fleet, words, code, lines):
    fleet.set_home("default,py39")
    before = fleet.keys()
    assert tuple(fleet.quern("submit", "score.py", *words)) == (code, "", error(*lines))
    assert fleet.keys() == before


# ---- where the queue is ----

def test_b_without_a_queue_the_next_command_is_named(fleet):
    assert tuple(fleet.quern("ls", QUERN_REDIS_URL="")) == (78, "", error(
        "no queue: nothing says where its Redis is", "start one here: quern up --detach",
        "or name one: export QUERN_REDIS_URL=redis://HOST:6379"))


def test_b_settings_come_from_flag_variable_and_file(fleet):
    settings = fleet.directory / "config/quern/quern.ini"
    settings.parent.mkdir(parents=True)
    settings.write_text(f"[queue]\nurl = {fleet.url}\nname = other\n")
    fleet.redis("HSET", "quern:{other}:conf", "store", f"file:{fleet.directory}/store")
    fleet.redis("HSET", "quern:{third}:conf", "store", f"file:{fleet.directory}/store")
    nothing = {"QUERN_REDIS_URL": ""}
    for queue, words, more in [("other", [], nothing), ("third", [], {"QUERN_QUEUE": "third", **nothing}),
                               ("default", ["-q", "default"], {"QUERN_QUEUE": "third"}),
                               ("default", ["-qdefault", "--queue-url", fleet.url], {"QUERN_REDIS_URL": "redis://x:1"})]:
        code, out, err = fleet.quern("submit", "score.py", *words, **more)
        assert (code, err) == (0, "")
        assert fleet.redis("EXISTS", f"quern:{{{queue}}}:job:{out.strip()}") == 1


@pytest.mark.parametrize("text, message", [
    ("[queue]\nulr = x\n", "line 2: [queue] ulr is not a setting; there are url, name and password_file of [queue], "
                           "and password_file of [store]"),
    ("[queue]\nname = a\nname = b\n", "line 3: [queue] name stands there twice"),
    ("[queue]\nurl\n", "line 2: "),
])
def test_b_a_bad_settings_file_is_named(fleet, text, message):
    settings = fleet.directory / "config/quern/quern.ini"
    settings.parent.mkdir(parents=True)
    settings.write_text(text)
    code, out, err = fleet.quern("ls")
    assert (code, out) == (78, "") and err.startswith(f"error: {settings}: {message}")


def test_b_a_queue_without_a_store_says_how_to_name_one(tmp_path):
    (tmp_path / "score.py").write_text(SCRIPT)
    fleet = Fleet(tmp_path, environments=None)
    assert tuple(fleet.quern("submit", "score.py")) == (78, "", error(
        "the queue 'default' names no store for its datasets",
        "name one: quern queue home default --store URL"))
    fleet.close()


def test_c_a_redis_that_is_away_is_69(fleet):
    fleet.server.kill()
    code, out, err = fleet.quern("ls")
    assert (code, out) == (69, "")
    assert err == error(f"Redis at {fleet.server.path}: Connection refused",
                        "QUERN_REDIS_URL names it; look closer: quern doctor")


def test_f_a_password_comes_from_a_file(fleet):
    fleet.redis("CONFIG", "SET", "requirepass", "s3cret")
    code, out, err = fleet.quern("ls")
    assert (code, out) == (77, "")
    assert err.endswith("\n  name the file that has the password: export QUERN_REDIS_PASSWORD_FILE=PATH\n")
    secret = fleet.directory / "secret"
    secret.write_text("s3cret\n")
    assert fleet.quern("ls", QUERN_REDIS_PASSWORD_FILE=str(secret)).code == 0
    secret.write_text("wrong\n")
    code, out, err = fleet.quern("ls", QUERN_REDIS_PASSWORD_FILE=str(secret))
    assert (code, out) == (77, "") and "wrong" not in err
    code, out, err = fleet.quern("ls", "--queue-url", "redis://ann:s3cret@127.0.0.1:1")
    assert (code, out) == (2, "") and "s3cret" not in err


# ---- looking ----

def test_b_ls_shows_states_in_their_order(fleet):
    worker = fleet.worker()
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
    for _ in range(3):
        fleet.submit("score.py")
    code, out, err = fleet.quern("ls", "-n", "2")
    assert code == 0 and len(out.splitlines()) == 4
    assert out.splitlines()[-1] == "in all 3 queued; more of them: -n COUNT"
    assert tuple(fleet.quern("ls", "-q", "empty")) == (0, "", "no such jobs in the queue 'empty'\n")


def test_b_status_tells_of_each_state(fleet):
    worker = fleet.worker()
    job = fleet.submit("score.py")
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


# ---- logs, wait ----

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
        assert reader.communicate(timeout=30) == ("", "")
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


def test_b_ctrl_c_leaves_the_log(fleet):
    job = fleet.submit("score.py")
    worker = fleet.worker()
    worker.claim()
    worker.log(b"here\n")
    with fleet.start("logs", "-f", job) as reader:
        assert reader.stdout.readline() == "here\n"
        reader.send_signal(signal.SIGINT)
        assert reader.communicate(timeout=30) == ("", f"left the log of {job}; the job is as it was\n")
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
        out, err = waiting.communicate(timeout=30)
        assert (waiting.returncode, out) == (code, "") and "✕ 1 failed" in err


def test_b_wait_for_several(fleet):
    worker = fleet.worker()
    jobs = [fleet.submit("score.py") for _ in range(3)]
    worker.claim()
    worker.complete()
    fleet.quern("cancel", "2")
    assert tuple(fleet.quern("wait", "1")) == (0, "", "")
    assert fleet.quern("wait", *jobs[:2]).code == 4
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
        assert waiting.wait(timeout=60) == 0


def test_b_submit_waits_with_the_jobs_code(fleet):
    worker = fleet.worker()
    with fleet.start("submit", "score.py", "--wait") as waiting:
        job = waiting.stdout.readline().strip()
        assert worker.claim() == job
        worker.fail("limit:memory")
        assert waiting.wait(timeout=30) == 137


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
        out, err = following.communicate(timeout=30)
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
        assert following.communicate(timeout=30) == ("", "1 is told to end\n")
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


def read_terminal(descriptor, process):
    shown = b""
    while select.select([descriptor], [], [], 30)[0]:
        try:
            part = os.read(descriptor, 65536)
        except OSError:
            break
        shown += part
    os.close(descriptor)
    process.wait(timeout=30)
    return shown


# ---- changing ----

def test_b_cancel_retry_and_rm(fleet):
    worker = fleet.worker()
    fleet.submit("score.py")
    assert tuple(fleet.quern("rm", "1")) == (2, "", error("job '1' has not ended", "end it first: quern cancel 1"))
    assert tuple(fleet.quern("retry", "1")) == (2, "", error(
        "job '1' has neither failed nor been cancelled", "how it stands: quern status 1"))
    assert tuple(fleet.quern("cancel", "1")) == (0, "1 is cancelled\n", "")
    assert tuple(fleet.quern("cancel", "1")) == (0, "1 is cancelled\n", "")
    assert tuple(fleet.quern("retry", "1")) == (0, "1 is queued again\n", "")
    worker.claim()
    assert tuple(fleet.quern("cancel", "1")) == (0, "1 runs and is told to end; see it: quern wait 1\n", "")
    assert worker.fail("cancelled") == "cancelled"
    assert tuple(fleet.quern("rm", "1")) == (0, "removed 1\n", "")
    assert tuple(fleet.quern("rm", "1")) == (3, "", error(
        "there is no job '1' in the queue 'default'", "list them: quern ls -q default"))
    assert not [key for key in fleet.keys() if ":job:" in key or ":spec:" in key]


def test_b_retry_says_which_job_comes_first(fleet):
    first = fleet.submit("score.py")
    fleet.submit("score.py", "--after", "1")
    fleet.quern("cancel", "1")
    assert status(fleet, "2")["state"] == "failed"
    assert tuple(fleet.quern("retry", "2")) == (2, "", error(
        f"job '2' waits for the job '{first}', which did not come to what it must",
        f"that one first: quern retry {first}"))


# ---- queues and workers ----

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


def test_b_workers_are_listed_and_drained(fleet):
    worker = fleet.worker()
    for name in ("host3:0", "host3:1", "host4:0"):
        assert worker.beat(name, "state=idle \u202e") == "ok"
    code, out, err = fleet.quern("worker", "ls")
    assert (code, err) == (0, "")
    assert sorted(out.splitlines()) == [
        f"host{name}  there     state=idle \\u202e" for name in ("3:0", "3:1", "4:0")]
    assert tuple(fleet.quern("worker", "drain", "host4")) == (
        0, "host4:0 drains: it ends its job and takes no other\n", "")
    assert fleet.quern("worker", "drain", "host3").out.count("drains") == 2
    assert [worker.beat(name) for name in ("host3:0", "host3:1")] == ["drain", "drain"]
    assert tuple(fleet.quern("worker", "drain", "host3:1", "--undo")) == (0, "host3:1 takes jobs again\n", "")
    assert [worker.beat(name) for name in ("host3:0", "host3:1")] == ["drain", "ok"]
    assert tuple(fleet.quern("worker", "drain", "host")) == (3, "", error(
        "there is no worker 'host' at the queue 'default'", "list them: quern worker ls -q default"))
    found = {json.loads(line)["worker"]: json.loads(line) for line in fleet.quern("worker", "ls", "--json").out.splitlines()}
    assert found["host3:0"] == {"schema": 1, "queue": "default", "worker": "host3:0", "alive": True, "draining": True,
                                "info": "idle"}


def test_b_nobody_works_says_what_to_do(fleet):
    assert tuple(fleet.quern("worker", "ls")) == (
        0, "", "nobody works for the queue 'default': quern up --detach, or start quernd\n")


# ---- result ----

def put(fleet, data):
    """An object of the store, as the storage has it: its version."""
    version = "sha256-" + hashlib.sha256(data).hexdigest()
    place = fleet.directory / "store/objects"
    place.mkdir(parents=True, exist_ok=True)
    (place / version).write_bytes(data)
    return version


def finish(fleet, outputs):
    """A job that left these outputs: its id."""
    worker = fleet.worker()
    job = fleet.submit("score.py")
    assert worker.claim() == job
    names = " ".join(f"job:{job}/{name} {put(fleet, data)} {len(data)}" for name, data in outputs.items())
    assert worker.tell("complete", b"{}".hex(), names) == "ok"
    return job


def test_b_result_makes_the_files_of_run(fleet):
    job = finish(fleet, {"dataset1": b"one", "model.v2": b"two", "stdout.txt": b"three", "job.json": b"{}"})
    place = fleet.directory / "out"
    place.mkdir()
    (place / "dataset2.arrow").write_text("of an earlier job")
    (place / "mine.txt").write_text("mine")
    code, out, err = fleet.quern("result", job, "-o", "out")
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()] == [
        "out/dataset1.arrow", "out/model.v2.arrow", "out/stdout.txt", "out/job.json"]
    assert {path.name: path.read_text() for path in place.iterdir()} == {
        "dataset1.arrow": "one", "model.v2.arrow": "two", "stdout.txt": "three", "job.json": "{}", "mine.txt": "mine"}
    assert fleet.quern("result", "1").code == 0 and (fleet.directory / "job-1/dataset1.arrow").read_text() == "one"
    assert tuple(fleet.quern("result", "1", "--get", "model.v2")) == (0, "./model.v2.arrow  3 bytes\n", "")
    assert tuple(fleet.quern("result", "1", "--get", "dataset1.arrow", "-o", "-")) == (0, "one", "")
    assert tuple(fleet.quern("result", "1", "-o", "-")) == (2, "", error(
        "-o -: expected --get NAME, and a file or a pipe on standard output"))
    assert tuple(fleet.quern("result", "1", "--get", "dataset9")) == (3, "", error(
        "job '1' has no output 'dataset9'", f"it has: quern dataset ls job:{job}/"))


def test_f_other_bytes_than_were_promised_are_not_handed_over(fleet):
    job = finish(fleet, {"dataset1": b"one", "job.json": b"{}"})
    version = "sha256-" + hashlib.sha256(b"one").hexdigest()
    (fleet.directory / "store/objects" / version).write_bytes(b"two")
    found = "sha256-" + hashlib.sha256(b"two").hexdigest()
    assert tuple(fleet.quern("result", job, "-o", "out")) == (75, "", error(
        f"dataset1: the store gave other bytes: expected {version}, found {found}"))
    assert not (fleet.directory / "out").exists()


def test_b_result_of_a_job_that_has_not_ended(fleet):
    fleet.submit("score.py")
    assert tuple(fleet.quern("result", "1")) == (75, "", error(
        "job '1' has not ended: it is queued", "wait for it: quern wait 1"))
    fleet.quern("cancel", "1")
    assert tuple(fleet.quern("result", "1")) == (3, "", error("job '1' has left no outputs"))


# ---- the catalogue of the queue ----

def test_b_datasets_are_the_queues(fleet):
    assert fleet.quern("dataset", "put", "patients.csv", "patients").code == 0
    assert fleet.redis("EXISTS", "quern:{default}:names") == 1
    finish(fleet, {"dataset1": b"one"})
    assert [line.split()[0] for line in fleet.quern("dataset", "ls").out.splitlines()] == ["patients"]
    assert len(fleet.quern("dataset", "ls", "job:").out.splitlines()) == 1
    assert fleet.quern("dataset", "head", "patients").out.splitlines()[-1] == "1 row × 2 columns"
    assert fleet.quern("run", "score.py", "--dataframe1", "patients").code == 0
    assert fleet.quern("dataset", "cp", "patients", "copy").code == 0
    assert fleet.quern("dataset", "rm", "patients").code == 0
    assert [line.split()[0] for line in fleet.quern("dataset", "ls").out.splitlines()] == ["copy"]
    assert fleet.quern("dataset", "ls", QUERN_REDIS_URL="").out == ""
    job = fleet.submit("score.py", "--dataframe1", "copy")
    pinned = document(fleet, job)["inputs"][0]
    assert (pinned["url"], pinned["name"]) == ("copy", "copy") and pinned["version"].startswith("sha256-")


def test_b_collect_frees_what_nobody_wants(fleet):
    wanted = fleet.submit("score.py", "--dataframe1", "patients.csv")
    fleet.quern("dataset", "put", "patients.csv", "patients")
    fleet.quern("dataset", "rm", "patients")
    objects = fleet.directory / "store/objects"
    old = put(fleet, b"nobody wants this")
    for path in objects.iterdir():
        os.utime(path, (1e9, 1e9))
    inputs = {sha(fleet.directory / name) for name in ("score.py", "patients.csv")}
    assert old in {path.name for path in objects.iterdir()}
    code, out, err = fleet.quern("dataset", "collect")
    assert (code, err) == (0, "") and out.startswith("collected ")
    left = {path.name for path in objects.iterdir()}
    assert old not in left and inputs <= left and document(fleet, wanted)["script"]["version"] in left
    assert tuple(fleet.quern("dataset", "collect", "--age", "1s")) == (2, "", error("--age: expected at least 120 s"))


# ---- doctor ----

def doctor(fleet, **more):
    done = fleet.quern("doctor", "--json", timeout=120, **more)
    found = json.loads(done.out)
    assert found["schema"] == 1 and done.err == ""
    return done.code, [(entry["what"], entry["level"], entry["text"], entry["remedy"]) for entry in found["findings"]]


def test_b_doctor_names_every_remedy(fleet):
    fleet.redis("CONFIG", "SET", "appendonly", "no")
    code, found = doctor(fleet)
    assert code == 0
    said = {(what, level, text) for what, level, text, _ in found}
    assert ("queue", "good", f"'default' at {fleet.url} (QUERN_REDIS_URL)") in said
    assert ("clock", "good", "as that of Redis, within 2 s") in said
    assert ("redis", "warning", "not append-only: a restart forgets what came after the last snapshot",
            "appendonly yes and appendfsync always in redis.conf") in found
    assert ("workers", "warning", "nobody works for the queue: jobs wait",
            "quern up --detach, or start quernd") in found
    assert [level for what, level, _, _ in found if what == "python"] == ["good"]
    assert {what for what, *_ in found} >= {"python", "jail", "memory", "disk", "queue", "redis", "clock", "store"}
    assert all(remedy for _, level, _, remedy in found if level != "good")


def test_b_doctor_refuses_a_redis_that_drops_jobs(fleet):
    fleet.redis("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    fleet.redis("CONFIG", "SET", "maxmemory", 10**9)
    code, found = doctor(fleet)
    assert code == 78
    faults = [(text, remedy) for _, level, text, remedy in found if level == "fault"]
    assert faults == [(
        "Redis drops keys when memory ends (maxmemory-policy is allkeys-lru), and jobs with them; set maxmemory-policy "
        "noeviction", "in redis.conf, or CONFIG SET maxmemory-policy noeviction; Redis >= 6.2")]


def test_b_doctor_without_redis_and_without_a_queue(fleet):
    fleet.server.kill()
    code, found = doctor(fleet)
    assert code == 69 and ("redis", "fault", f"Redis at {fleet.server.path}: Connection refused",
                           "start it, or correct QUERN_REDIS_URL") in found
    code, found = doctor(fleet, QUERN_REDIS_URL="")
    assert code == 0 and ("queue", "good", "none: `quern run` needs none",
                          "quern up --detach starts one, for quern submit") in found


# ---- hostile words ----

HOSTILE = ["a\r\nb", "{x}", "a{b}c", "../../etc/passwd", "x" * 4096, "*", "?[a-z]", "%s%n", "", " ", "a b",
           "\u202eevil", "\x1b[31m", "quern:{default}:job:x"]


@pytest.mark.parametrize("word", HOSTILE)
def test_f_hostile_words_are_refused_and_reach_nothing(fleet, word):
    before, files = fleet.keys(), sorted(fleet.directory.rglob("*"))
    flags = [["--id", word], ["-q", word], ["--unique", word], ["--after", f"ok:{word}"], ["-o", word + "//"],
             ["--output", f"dataset1={word}/.."], ["--output", f"a/{word}=key"], ["--dataframe1", f"job:{word}/../x"],
             ["--read", word + "//"], ["--write", f"/{word}"], ["--env", f"{word}/"], ["--retries", word],
             ["--backoff", word, "--retries", "1"], ["--retry-on", word + ",", "--retries", "1"], ["--delay", word]]
    for words in flags:
        code, out, err = fleet.quern("submit", "score.py", *words)
        assert (code, out) == (2, ""), words
        assert err.startswith("error: ") and "\x1b" not in err and "\r" not in err and "\u202e" not in err
    for verb in ("status", "logs", "wait", "inspect", "cancel", "retry", "rm"):
        code, out, err = fleet.quern(verb, word)
        assert (code, out) == (2, ""), verb
        assert "is not a job; expected its number, or its id: 1 to 64 of A-Z a-z 0-9 _ -" in err
        assert "\x1b" not in err and "\r" not in err and "\u202e" not in err
    assert fleet.keys() == before and sorted(fleet.directory.rglob("*")) == files


def test_f_what_is_not_utf8_is_refused(fleet):
    before = fleet.keys()
    for words in (["-o", b"a\xffb"], ["--param", b"k=\xff"], ["--read", b"\xc3"]):
        done = subprocess.run([RELEASE / "quern", "submit", "score.py", *words], cwd=fleet.directory, env=fleet.environment,
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
        assert (done.returncode, done.stdout) == (2, b"") and done.stderr.startswith(b"error: ")
    assert fleet.keys() == before
