# SPDX-License-Identifier: Apache-2.0
"""Signed job documents: a host with a key runs what one of its keys signed, as it was signed, and nothing else."""
import hashlib
import hmac
import json
import os

import pytest

from fleet import Fleet, eventually

SCRIPT = "def azureml_main():\n    print('ran')\n"
UNSIGNED = "this host runs signed jobs only, and this one has no signature; submit it with key_file of [queue], or QUERN_KEY_FILE"
FOREIGN = "the signature of this job is of no key of this host: it was changed, or signed with another key"
OLD, NEW, OTHER = ("01" * 32, "ab" * 64, "FE" * 32)


def keys(directory, name, *lines, mode=0o600):
    path = directory / name
    path.write_text("".join(f"{line}\n" for line in lines))
    path.chmod(mode)
    return path


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    with Fleet(tmp_path_factory.mktemp("signed")) as fleet:
        (fleet.directory / "job.py").write_text(SCRIPT)
        fleet.host(queue={"key_file": keys(fleet.directory, "host.key", "# while keys are changed", NEW, "", OLD)}).ready()
        yield fleet


def submit(fleet, *keys_of_client, words=(), queue=None):
    path = keys(fleet.directory, "client.key", *keys_of_client) if keys_of_client else ""
    done = fleet.quern("submit", "job.py", *words, QUERN_KEY_FILE=str(path))
    assert (done.code, done.err) == (0, ""), done.err
    return done.out.strip()


def denied(fleet, job, why):
    """It was taken, and ended before anything of it ran."""
    record = fleet.in_state(job, "failed")
    assert (record["reason"], record["message"], record["exit_code"]) == ("denied", why, 77)
    assert (record["attempts"], record["retries"], record["infra"]) == (1, 0, 0)
    assert fleet.says("logs", job) == ""
    return record


def hold(fleet):
    """No job begins until the queue is let go: the test changes what waits."""
    fleet.says("queue", "pause")


def let_go(fleet):
    fleet.says("queue", "resume")


@pytest.mark.parametrize("key", [OLD, NEW])
def test_f_a_job_of_any_key_of_the_host_runs_and_its_signature_is_what_is_said(fleet, key):
    job = submit(fleet, key, OTHER)  # the first one signs
    record = fleet.in_state(job, "succeeded")
    assert (record["signed"], fleet.says("logs", job)) == (True, "ran\n")
    document = fleet.redis("GET", fleet.key("spec", job))
    expected = hmac.new(bytes.fromhex(key), b"quern job 1\nquern:{default}\n" + job.encode() + b"\n" + document, hashlib.sha256)
    assert fleet.redis("HGET", fleet.key("job", job), "sign") == expected.hexdigest().encode()


def test_f_what_no_key_of_the_host_signed_is_not_run(fleet):
    record = denied(fleet, submit(fleet), UNSIGNED)
    assert not record["signed"]
    denied(fleet, submit(fleet, OTHER, OLD), FOREIGN)


def test_f_what_was_changed_on_its_way_is_not_run(fleet):
    hold(fleet)
    jobs = {name: submit(fleet, OLD) for name in ["document", "byte", "signature", "short", "odd", "none", "swapped", "whole"]}
    record = {name: fleet.key("job", job) for name, job in jobs.items()}
    spec = {name: fleet.key("spec", job) for name, job in jobs.items()}
    sign = {name: fleet.redis("HGET", key, "sign").decode() for name, key in record.items()}
    fleet.tamper(jobs["document"], params={"k": "v"})
    fleet.redis("APPEND", spec["byte"], " ")
    fleet.redis("HSET", record["signature"], "sign", sign["signature"][:-1] + ("1" if sign["signature"][-1] == "0" else "0"))
    fleet.redis("HSET", record["short"], "sign", sign["short"][:-2])
    fleet.redis("HSET", record["odd"], "sign", "g" * 64)
    fleet.redis("HDEL", record["none"], "sign")
    # A document that is good under another id, with its own signature.
    fleet.redis("SET", spec["swapped"], fleet.redis("GET", spec["whole"]))
    fleet.redis("HSET", record["swapped"], "sign", sign["whole"])
    let_go(fleet)
    assert fleet.in_state(jobs["whole"], "succeeded")
    for name in set(jobs) - {"whole"}:
        denied(fleet, jobs[name], UNSIGNED if name == "none" else FOREIGN)


def test_f_a_job_of_another_queue_is_not_run_here(fleet):
    job = submit(fleet, OLD)
    fleet.in_state(job, "succeeded")
    fleet.set_home("default", queue="other")
    path = keys(fleet.directory, "client.key", OLD)
    done = fleet.quern("submit", "job.py", "-q", "other", QUERN_KEY_FILE=str(path))
    moved, other = done.out.strip(), "quern:{other}"
    hold(fleet)
    job = submit(fleet, OLD, words=["--id", "taken"])
    document = fleet.redis("GET", f"{other}:spec:{moved}").replace(moved.encode(), job.encode())
    fleet.redis("SET", fleet.key("spec", job), document)
    fleet.redis("HSET", fleet.key("job", job), "sign", fleet.redis("HGET", f"{other}:job:{moved}", "sign"))
    let_go(fleet)
    denied(fleet, job, FOREIGN)


def test_f_a_job_that_begins_anew_is_signed_still_and_the_same_submission_is_the_same_job(fleet):
    hold(fleet)
    job = submit(fleet, OLD, words=["--id", "again"])
    assert submit(fleet, NEW, words=["--id", "again"]) == job  # its client has the new key now
    fleet.says("cancel", job)
    fleet.says("retry", job)
    let_go(fleet)
    assert fleet.in_state(job, "succeeded")["signed"]


def test_f_a_host_whose_keys_cannot_be_used_takes_no_job(tmp_path):
    with Fleet(tmp_path) as fleet:
        path = tmp_path / "host.key"
        host = fleet.host(queue={"key_file": path})
        job = fleet.submit(SCRIPT)

        def refused(why):
            eventually(lambda: host.get("/readyz") == (503, f"default: key file {path}: {why}\n"), why)

        refused("No such file or directory")
        for lines, mode, why in [((), 0o600, None), (("xyz",), 0o600, None), ((OLD,), 0o644, None), ((OLD,) * 9, 0o600, None)]:
            keys(tmp_path, "new.key", *lines, mode=mode).rename(path)
            refused({0: "expected a key, found none", 1: "line 1: expected 64 to 128 hexadecimal digits",
                     9: "expected at most 8 keys"}[len(lines)] if mode == 0o600 and lines != (OLD,) else
                    "expected that others may not read or write it: chmod 600")
        assert fleet.state(job) == "queued"
        keys(tmp_path, "new.key", OLD).rename(path)
        host.ready()
        denied(fleet, job, UNSIGNED)


def test_f_a_client_whose_key_cannot_be_used_submits_nothing(fleet):
    before = fleet.keys()
    path = fleet.directory / "none.key"
    done = fleet.quern("submit", "job.py", QUERN_KEY_FILE=str(path))
    assert tuple(done) == (78, "", f"error: key file {path}: No such file or directory\n")
    config = fleet.directory / "config/quern"
    config.mkdir(parents=True, exist_ok=True)
    (config / "quern.ini").write_text(f"[queue]\nkey_file = {path}\n")
    try:
        assert fleet.quern("submit", "job.py").code == 78
        assert fleet.keys() == before
        keys(fleet.directory, "none.key", NEW)
        job = fleet.says("submit", "job.py").strip()
        assert json.loads(fleet.says("status", job, "--json"))["signed"]
        fleet.in_state(job, "succeeded")
    finally:
        os.unlink(config / "quern.ini")


def test_b_doctor_looks_at_the_key(fleet):
    path = fleet.directory / "looked.key"
    made = "openssl rand -hex 32 > FILE && chmod 600 FILE; hosts need the same one"

    def told():
        findings = json.loads(fleet.quern("doctor", "--json", QUERN_KEY_FILE=str(path)).out)["findings"]
        return [(one["level"], one["text"], one["remedy"]) for one in findings if one["what"] == "key"]

    assert told() == [("fault", f"key file {path}: No such file or directory", made)]
    keys(fleet.directory, path.name, "abc")
    assert told() == [("fault", f"key file {path}: line 1: expected 64 to 128 hexadecimal digits", made)]
    keys(fleet.directory, path.name, NEW, mode=0o644)
    assert told() == [("fault", f"key file {path}: expected that others may not read or write it: chmod 600", made)]
    keys(fleet.directory, path.name, NEW, mode=0o640)
    assert told() == [("warning", f"key file {path}: its group may read or write it", "chmod 600")]
    keys(fleet.directory, path.name, NEW)
    assert told() == [("good", f"jobs are signed with the first key of {path}", None)]
    if os.geteuid() == 0:
        os.chown(path, 1234, 1234)
        assert told() == [("warning", f"key file {path} belongs to the user 1234, who may change it", "chown it to who submits")]
