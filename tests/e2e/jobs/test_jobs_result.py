# SPDX-License-Identifier: Apache-2.0
"""`quern result`."""
import hashlib

from desk import error, finish


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
