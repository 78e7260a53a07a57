# SPDX-License-Identifier: Apache-2.0
"""What a script asks for while it runs: progress, metrics, files, keys; with quern's own words, raw, and by force."""
import json
import subprocess

import pytest

from fleet import QUERN, Fleet, eventually

EVERYTHING = '''
import os, threading
import numpy as np, pandas as pd
import quern

FRAME = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", None]})

def refused(kind, function, *args):
    try:
        function(*args)
    except kind as error:
        return str(error)
    raise AssertionError("nothing was refused")

def azureml_main(dataframe1=None):
    quern.progress(0.5, "half\\n\\x1b[2J")
    quern.progress(text="more")
    quern.log("loss", 0.5)
    quern.log("loss", np.float32(0.25))
    quern.log("exact", [0.1, 0.1 + 0.2, 2 / 3, 5e-324, 0.7682291666666666])
    quern.log("confusion", np.eye(2))
    quern.log("odd", [float("nan"), float("inf"), 2**60, pd.Timestamp("2020-01-01"), None, True])
    quern.file("plots\\\\line.txt", b"hello")
    open("here.txt", "w").write("from a path")
    quern.file("./here.txt", "here.txt")
    assert refused(FileNotFoundError, quern.read, "team/none") == "team/none: no such key"
    assert refused(PermissionError, quern.read, "other/secret") == (
        "this job may not read other/secret; submit or run it with --read PREFIX")
    assert refused(PermissionError, quern.write, "team/x", b"") == (
        "this job may not write team/x; submit or run it with --write PREFIX")
    assert refused(PermissionError, quern.remove, "team/out/theirs") == (
        "team/out/theirs was not written by this run: a script removes only what it wrote itself; quern dataset rm "
        "removes others")
    assert refused(TypeError, quern.write, "team/out/x", 7) == (
        "quern.write('team/out/x'): expected a frame, bytes, text or an open file, found int")
    assert refused(ValueError, quern.progress, 50) == "quern.progress: expected a fraction from 0 to 1, found 50"
    assert quern.read("team/table").shape == (2, 2)
    assert quern.read_bytes("team/table")[:6] == b"ARROW1"
    raw = os.urandom(200_000)
    quern.write("team/out/raw", raw)
    assert quern.read_bytes("team/out/raw") == raw
    quern.write("team/out/frame", FRAME)
    first = quern.read("team/out/frame")
    assert first.equals(FRAME)
    first.loc[0, "a"] = 7
    assert quern.read("team/out/frame").equals(FRAME)
    assert quern.keys("team/") == ["team/out/frame", "team/out/raw", "team/table"] and quern.keys("other") == []
    quern.write("team/out/gone", "text")
    assert quern.exists("team/out/gone")
    quern.remove("team/out/gone")
    assert not quern.exists("team/out/gone")
    children = [os.fork() for _ in range(1)]
    if children == [0]:
        quern.log("forked", os.getpid() > 0)
        os._exit(0)
    os.waitpid(children[0], 0)
    threads = [threading.Thread(target=lambda i=i: [quern.log(f"thread{i}", j) for j in range(20)]) for i in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return FRAME
'''


def test_b_a_script_asks_in_quern_run(quern, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("x,y\n1,2\n3,4\n")
    store = f"file:{tmp_path}/store"
    for key in ("team/table", "other/secret"):
        subprocess.run([QUERN, "dataset", "put", table, key, "--store", store], check=True, capture_output=True)
    run = quern(EVERYTHING, "--store", store, "--read", "team", "--write", "team/out")
    assert run.code == 0, run.stderr
    job = run.job
    values = {}
    for metric in job["metrics"]:
        values.setdefault(metric["name"], []).append(metric["value"])
    assert values["loss"] == [0.5, 0.25] and values["confusion"] == [[[1.0, 0.0], [0.0, 1.0]]]
    assert values["odd"] == [["NaN", "Infinity", 2**60, "2020-01-01 00:00:00", None, True]] and values["forked"] == [True]
    assert values["exact"] == [[0.1, 0.1 + 0.2, 2 / 3, 5e-324, 0.7682291666666666]]
    assert " 0.1,\n" in (run.out / "job.json").read_text()
    assert all(values[f"thread{i}"] == list(range(20)) for i in range(8))
    assert [(file["name"], file["key"], file["bytes"]) for file in job["files"]] == [
        ("plots/line.txt", "files/plots/line.txt", 5), ("here.txt", "files/here.txt", 11)]
    assert (run.out / "files/plots/line.txt").read_bytes() == b"hello"
    assert sorted(written["key"] for written in job["written"]) == ["team/out/frame", "team/out/raw"]
    assert "loss       0.25  (the last of 2)" in run.stderr and "files/here.txt  11 bytes" in run.stderr
    listed = subprocess.run([QUERN, "dataset", "ls", "--store", store], capture_output=True, text=True, check=True).stdout
    assert [line.split()[0] for line in listed.splitlines()] == ["other/secret", "team/out/frame", "team/out/raw",
                                                                 "team/table"]


# The channel without quern's own words: whatever a script can send.
RAW = '''
import os, socket, struct
from quern import channel

def azureml_main():
    line = socket.socket(fileno=os.dup(channel.line.fileno()))
    ATTACK
    os.read(os.pipe()[0], 1)
'''

ATTACKS = {
    "line.send(b'hello')": "the script's process sent a request that is none",
    "line.sendmsg([bytes(17440)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack('3i', 0, 1, 2))])":
        "the script's process sent a request that is none",
}


@pytest.mark.parametrize("attack", ATTACKS, ids=["short", "descriptors"])
def test_f_what_is_no_request_ends_the_job(served, attack):
    run = served(RAW.replace("ATTACK", attack))
    assert run.code == 1 and run.job["reason"] == "bad_result" and run.job["message"] == ATTACKS[attack]


FLOOD = '''
import os, socket, struct
from quern import channel

def azureml_main():
    mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    record = channel.REQUEST.pack(channel.LIST, 0, 0.0, 0, b"", b"")
    for _ in range(2000):  # nobody reads what comes back
        channel.line.sendmsg([record], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", theirs.fileno()))])
    words = channel.REQUEST.pack(channel.PROGRESS, 0, 0.5, 0, b"", b"x" * 1000)
    while True:
        channel.line.send(words)
'''


def test_f_a_flood_ends_with_its_time(served):
    """Neither replies that nobody takes nor words without end hold up the worker, who enforces the limits."""
    run = served(FLOOD, "--timeout", "1s")
    assert run.code == 124 and run.job["reason"] == "limit:time"


def test_m_without_the_channel_a_script_is_told(served):
    run = served("import os, quern, quern.channel\ndef azureml_main():\n    quern.channel.line.close()\n    quern.log('a', 1)\n")
    assert run.code == 1 and run.job["exception"]["type"] == "OSError"


ASKS = "import quern\ndef azureml_main():\n    quern.log('a', 1)\n    quern.read('b')\n"
AWAY = ("the script asks for keys of the queue 'default': Redis at 127.0.0.1:1: Connection refused; `quern doctor` looks closer, "
        "and --store URL names a store in its place")
BAD_NAME = ("the script asks for keys of the queue 'BAD': queue name: expected 1 to 63 of a-z 0-9 _ . -; `quern doctor` looks "
            "closer, and --store URL names a store in its place")


@pytest.mark.parametrize(("name", "reason", "message"), [("", "unreachable", AWAY), ("BAD", "config", BAD_NAME)])
def test_m_a_queue_that_quern_run_cannot_ask(quern, monkeypatch, name, reason, message):
    monkeypatch.setenv("QUERN_REDIS_URL", "redis://127.0.0.1:1")
    monkeypatch.setenv("QUERN_QUEUE", name)
    run = quern(ASKS)
    assert (run.job["reason"], run.job["message"]) == (reason, message)
    assert run.job["metrics"] == [{"name": "a", "value": 1}]
    assert quern("def azureml_main():\n    pass\n").code == 0  # who asks for nothing needs no queue


# ---- through a queue ----

TRAIN = '''
import os, quern
def azureml_main(dataframe1):
    quern.log("rows", len(dataframe1))
    quern.file("model.bin", b"weights")
    quern.write("models/one", b"weights")
    quern.write(f"job:{quern.job_id}/extra", dataframe1)
    quern.progress(0.25, "first quarter")
    print("begun", flush=True)
    while not quern.exists("go/on"):
        quern.progress(0.5, "half")
    FATE
'''


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    with Fleet(tmp_path_factory.mktemp("fleet")) as fleet:
        fleet.host(workers={"count": 2}, environments={"standby": 0})
        table = fleet.directory / "in.csv"
        table.write_text("x,y\n1,2\n3,4\n")
        fleet.says("dataset", "put", table, "in")
        yield fleet


def go_on(fleet, word="on"):
    fleet.says("dataset", "cp", "in", f"go/{word}")


def start(fleet, fate, word="on"):
    """A job that waits for go_on(fleet, word), and writes models/WORD."""
    script = TRAIN.replace("FATE", fate).replace("go/on", f"go/{word}").replace("models/one", f"models/{word}")
    job = fleet.submit(script, "--dataframe1", "in", "--write", "models")
    fleet.begun(job)
    return job


def test_b_progress_is_seen_while_it_runs_and_what_was_written_when_it_succeeded(fleet):
    job = start(fleet, "return None")
    eventually(lambda: fleet.inspect(job)["progress"] == "50%  half", "its progress")
    assert "50%  half" in fleet.says("status", job) and "50%  half" in fleet.says("ls")
    assert "models/on" not in fleet.names()
    go_on(fleet)
    assert fleet.wait(job) == "succeeded"
    assert {"models/on", f"job:{job}/extra", f"job:{job}/files/model.bin"} <= set(fleet.names())
    assert fleet.bytes_of("models/on") == b"weights" and fleet.bytes_of(f"job:{job}/extra")[:6] == b"ARROW1"
    status = fleet.says("status", job)
    assert "  rows  2\n" in status and f"  job:{job}/files/model.bin  7 bytes\n" in status and "  models/on  7 bytes\n" in status
    told = json.loads(fleet.says("status", "--json", job))
    assert told["metrics"] == [{"name": "rows", "value": 2}] and told["files"][0]["name"] == "model.bin"
    out = fleet.directory / "fetched"
    assert "  rows  2\n" in fleet.says("result", job, "-o", out)
    assert (out / "files/model.bin").read_bytes() == b"weights" and (out / "extra.arrow").exists()
    assert fleet.says("result", job, "--get", "model.bin", "-o", "-") == "weights"


def test_b_a_job_that_fails_keeps_its_files_and_metrics_and_names_nothing(fleet):
    go_on(fleet, "fails")
    job = start(fleet, "raise ValueError('no')", "fails")
    assert fleet.wait(job) == "failed"
    names = set(fleet.names())
    assert f"job:{job}/files/model.bin" in names and not {"models/fails", f"job:{job}/extra"} & names
    record = json.loads(fleet.bytes_of(f"job:{job}/job.json"))
    assert record["metrics"] == [{"name": "rows", "value": 2}]


HERE = '''
import quern
from azureml.core import Dataset, Workspace
from azure.storage.blob import BlockBlobService

def azureml_main():
    assert "in" in quern.keys() and quern.exists("in")
    quern.write("team/frame", quern.read("in"))
    quern.write("team/note", "text")
    try:
        quern.write("job:x/y", b"")
    except ValueError as error:
        print(error)
    BlockBlobService("acct", "key").create_blob_from_text("box", "note.txt", "blob")
    return Dataset.get_by_name(Workspace.from_config(), "in").to_pandas_dataframe(),
'''


def test_m_quern_run_asks_the_queue_that_is_configured(fleet):
    out = fleet.directory / "here"
    run = fleet.quern("run", fleet.script(HERE), "--write", "team", "--write", "acct", "-o", out)
    assert run.code == 0, run.err
    assert (out / "stdout.txt").read_text() == ("job:x/y: a run of `quern run` has no keys of a job; keep a file, or write "
                                                "another key with --write PREFIX\n")
    assert fleet.bytes_of("team/note") == b"text" and fleet.bytes_of("acct/box/note.txt") == b"blob"
    assert fleet.bytes_of("team/frame")[:6] == b"ARROW1"
    assert json.loads((out / "job.json").read_text())["outputs"][0]["rows"] == 2
    # A key of the command line and one of the script are of one catalogue; a store that is named is another one.
    again = fleet.script("import quern\ndef azureml_main(df):\n    assert quern.read('team/frame').equals(df)\n")
    assert fleet.quern("run", again, "--dataframe1", "team/frame").code == 0
    apart = fleet.quern("run", again, "--store", f"file:{fleet.directory}/apart")
    assert apart.code == 1 and "FileNotFoundError: team/frame: no such key" in apart.err


LEAVES = '''
import os, pandas, quern
def azureml_main():
    open("logs/train.log", "wb").write(b"epoch 1\\xff\\n")
    open("logs/of errors", "w").write("none")
    os.makedirs("outputs/deep")
    open("outputs/deep/a.bin", "wb").write(b"\\0\\1")
    quern.output("nothing", None)
    print("done")
    return pandas.DataFrame({"a": [1]}), None
'''


def test_b_logs_offers_the_files_of_logs(fleet):
    job = fleet.submit(LEAVES)
    number = str(fleet.in_state(job, "succeeded")["number"])
    assert tuple(fleet.quern("logs", number)) == (
        0, "done\n", f"-- logs/of errors  4 bytes\n-- logs/train.log  9 bytes\n-- print it: quern logs {number} --file "
                     "'of errors'\n")
    for name, bytes in (("train.log", b"epoch 1\xff\n"), ("logs/train.log", b"epoch 1\xff\n"), ("of errors", b"none"),
                        ("outputs/deep/a.bin", b"\0\1")):
        assert tuple(fleet.quern("logs", job, "--file", name, text=False)) == (0, bytes, b"")
    assert tuple(fleet.quern("logs", number, "--file", "trian.log")) == (
        3, "", f"error: job '{number}' has kept no file 'trian.log'\n  did you mean 'train.log'?\n"
               f"  it has: quern dataset ls job:{job}/files/\n")
    assert fleet.quern("logs", number, "--file", "a", "-f").err == (
        "error: --file: expected no --follow beside it: the file is printed as it was kept\n")


def test_m_an_output_of_none_is_told_of_where_it_is_wanted(fleet):
    job = fleet.submit(LEAVES)
    number = fleet.in_state(job, "succeeded")["number"]
    takes = "def azureml_main(a, b, c=1):\n    assert c is None\n"
    late = fleet.submit(takes, "--dataframe1", f"job:{number}/dataset1", "--dataframe2", f"job:{number}/dataset2")
    assert fleet.in_state(late, "failed")["message"] == (
        f"job:{job}/dataset2: that job has no such output: one that is None is not kept, and nobody can take it. Return an "
        "empty frame there, or quern.output(NAME, None), which arrives as None")
    good = fleet.submit(takes, "--dataframe1", f"job:{number}/dataset1", "--input", f"c=job:{number}/nothing")
    assert fleet.wait(good) == "succeeded"
    # The same keys, by the job's number, on the desk.
    script = fleet.script(takes)
    here = fleet.quern("run", script, "--dataframe1", f"job:{number}/dataset1", "--input", f"c=job:{number}/nothing")
    assert here.code == 0, here.err
    assert tuple(fleet.quern("run", script, "--dataframe1", f"job:{number}/dataset2")) == (
        3, "", f"error: --dataframe1: there is no dataset 'job:{number}/dataset2' in the store\n  an output that was None is "
               f"not kept; the job has: quern dataset ls job:{number}/\n")
    assert f"job:{job}/dataset1" in fleet.says("dataset", "ls", f"job:{number}/")


def test_f_prefixes_are_enforced_by_the_worker(fleet):
    script = "import quern\ndef azureml_main():\n    print(quern.keys())\n    quern.read('in')\n"
    job = fleet.submit(script, "--read", "models")
    assert fleet.wait(job) == "failed"
    assert fleet.inspect(job)["message"] == (
        "PermissionError: this job may not read in; submit or run it with --read PREFIX")
    job = fleet.submit("import quern\ndef azureml_main():\n    quern.write('job:other/x', b'')\n", "--write", "models")
    assert fleet.wait(job) == "failed"
    assert fleet.inspect(job)["message"] == (
        "PermissionError: this job may not write job:other/x; submit or run it with --write PREFIX")
    job = fleet.submit("import quern\ndef azureml_main():\n    return quern.read('in')\n", "-o", "copied")
    assert fleet.wait(job) == "succeeded"
    assert fleet.bytes_of("copied")[:6] == b"ARROW1"
