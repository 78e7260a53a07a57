# SPDX-License-Identifier: Apache-2.0
"""`quern dataset` on the catalogue of a queue."""
import os

from desk import document, error, finish, put, sha


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


def test_b_datasets_have_a_queue_as_jobs_have(fleet):
    fleet.quern("queue", "home", "night", "--store", f"file:{fleet.directory}/night")
    assert fleet.quern("dataset", "put", "patients.csv", "patients", "-q", "night").code == 0
    assert fleet.quern("dataset", "ls").out == ""
    elsewhere = {"QUERN_REDIS_URL": "unix:/nowhere"}
    listed = fleet.quern("dataset", "ls", "-q", "night", "--queue-url", fleet.url, **elsewhere).out
    assert [line.split()[0] for line in listed.splitlines()] == ["patients"]
    assert fleet.quern("dataset", "head", "patients", QUERN_QUEUE="night").code == 0
    assert tuple(fleet.quern("dataset", "ls", "-q", "night", "--store", "file:/x")) == (2, "", (
        "error: --store: its keys are not those of a queue: expected no --queue beside it\n"))
    assert tuple(fleet.quern("dataset", "ls", "-q", "night", QUERN_REDIS_URL="")) == (78, "", error(
        "no queue: nothing says where its Redis is", "start one here: quern up --detach",
        "or name one: export QUERN_REDIS_URL=redis://HOST:6379"))
