# SPDX-License-Identifier: Apache-2.0
"""`quern submit`: what becomes of each flag, and what is refused."""
import re

import pytest

from desk import document, error, sha, status
from fleet import PATIENCE_SECONDS

ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")


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
    assert tuple(fleet.quern("submit", "score.py", "--no-check", "--id", "mine", "--param", "a=1")) == (2, "", error(
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
    (["--dataframe1", "job:nobody"], 2, ["'job:nobody' is a job, and an input is one of its outputs",
                                         "the first one: job:nobody/dataset1"]),
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


def test_b_a_queue_that_is_none_is_told_with_the_nearest(fleet):
    assert tuple(fleet.quern("submit", "score.py", "-q", "defualt")) == (78, "", error(
        "the queue 'defualt' names no store for its datasets", "did you mean 'default'?",
        "name one: quern queue home defualt --store URL"))


def test_r_an_id_that_cannot_be_printed_is_told_elsewhere(fleet):
    with open("/dev/full", "w") as full, fleet.start("submit", "score.py", "--id", "mine", stdout=full) as process:
        assert process.communicate(timeout=PATIENCE_SECONDS)[1] == "the job is queued: mine; the same again is the same job: --id mine\n" \
            "error: writing to standard output failed\n"
        assert process.returncode == 75
    assert status(fleet, "mine")["state"] == "queued"
