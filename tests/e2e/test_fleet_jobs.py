# SPDX-License-Identifier: Apache-2.0
"""Jobs through a fleet, from submit to their outputs: what the worker does with them."""
import json
import signal
import subprocess

import pytest

from fleet import PATIENCE_SECONDS, RELEASE, Fleet, eventually

TWO_TABLES_AND_A_PLOT = """
import sys
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd

def azureml_main(dataframe1=None, dataframe2=None):
    print("to stdout")
    print("to stderr", file=sys.stderr)
    plt.plot(dataframe1["x"])
    plt.savefig("line.png")
    return dataframe1, pd.DataFrame({"n": [len(dataframe1)]})
"""

# One column per kind of array that a frame can come as.
ALL_KINDS = """
import datetime, decimal
import numpy as np, pandas as pd

def azureml_main(dataframe1=None, dataframe2=None):
    n = 7
    return pd.DataFrame({
        "i64": np.arange(n), "i8": np.arange(n, dtype="int8"), "u64": np.arange(n, dtype="uint64"),
        "f32": np.arange(n, dtype="float32"), "f64": [1.5, None, 2, 3, np.nan, 4, 5],
        "bool": [True, False] * 3 + [True], "bool_none": [True, None, False, True, None, True, False],
        "text": list("abcabca"), "text_none": ["a", None, "", "b", np.nan, "a", "ü"],
        "unique": [f"text{i}" for i in range(n)],
        "category": pd.Categorical(list("xyxyxyz"), categories=["z", "y", "x", "w"], ordered=True),
        "category_none": pd.Categorical([1, 2, None, 1, 2, 1, 1]),
        "time": pd.date_range("2020-01-01", periods=n), "zone": pd.date_range("2020-01-01", periods=n, tz="Europe/Berlin"),
        "time_none": [pd.Timestamp("2020-01-01"), pd.NaT] * 3 + [pd.NaT],
        "delta": pd.to_timedelta(np.arange(n), unit="s"), "Int64": pd.array([1, None, 3, 4, 5, 6, 7], dtype="Int64"),
        "Float64": pd.array([1, None, 3, 4, 5, 6, np.nan], dtype="Float64"),
        "boolean": pd.array([True, None, False] * 2 + [None], dtype="boolean"),
        "string": pd.array(["a", None, "c"] * 2 + ["d"], dtype="string"),
        "bytes": [b"a", b"b", None, b"c", b"", b"d", b"e"], "none": [None] * n,
        "date": [datetime.date(2020, 1, 1)] * n, "clock": [datetime.time(10)] * n, "decimal": [decimal.Decimal("1.10")] * n})
"""

KINDS = ("i64 i8 u64 f32 f64 bool bool_none text text_none unique category category_none time zone time_none delta Int64 "
         "Float64 boolean string bytes none date clock decimal").split()

SHOW_ALL = """
def azureml_main(dataframe1=None, dataframe2=None):
    for name in dataframe1.columns:
        column = dataframe1[name]
        categories = column.cat.categories.tolist() if hasattr(column, "cat") else None
        print(name, column.dtype, [(type(x).__name__, repr(x)) for x in column], column.isna().tolist(), categories)
"""


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    """A fleet of one host with two workers, for tests that leave each other's jobs alone."""
    with Fleet(tmp_path_factory.mktemp("fleet")) as fleet:
        fleet.host(workers={"count": 2})
        yield fleet


@pytest.fixture
def empty(tmp_path):
    """A fleet without a host, until the test starts one."""
    with Fleet(tmp_path) as fleet:
        yield fleet


def table(fleet, name="in.csv", rows=3):
    path = fleet.directory / name
    path.write_text("x,y\n" + "".join(f"{i},{i * i}\n" for i in range(rows)))
    return path


def test_b_outputs_are_those_of_quern_run_and_stand_under_their_names(fleet):
    script, data = fleet.directory / "both.py", table(fleet)
    script.write_text(TWO_TABLES_AND_A_PLOT)
    job = fleet.submit(script, "--dataframe1", data, "-o", "both", "--output", "dataset2=counts/n")
    assert fleet.wait(job) == "succeeded"
    out = fleet.directory / "out"
    done = subprocess.run([RELEASE / "quern", "run", script, "--dataframe1", data, "-o", out], env=fleet.environment,
                          capture_output=True, timeout=PATIENCE_SECONDS)
    assert done.returncode == 0
    files = {"dataset1": "dataset1.arrow", "dataset2": "dataset2.arrow", "visualization.png": "visualization.png",
             "visualization.json": "visualization.json", "stdout.txt": "stdout.txt", "stderr.txt": "stderr.txt"}
    for name, file in files.items():
        assert fleet.bytes_of(f"job:{job}/{name}") == (out / file).read_bytes(), name
    own = fleet.names(f"job:{job}/")
    assert sorted(own) == sorted(f"job:{job}/{name}" for name in [*files, "job.json"])
    users = {key: version for key, version in fleet.names().items() if key.startswith(("both", "counts"))}
    assert users == {"both": own[f"job:{job}/dataset1"], "counts/n": own[f"job:{job}/dataset2"],
                     "both/visualization.png": own[f"job:{job}/visualization.png"]}


def test_b_the_manifest_says_what_is_where(fleet):
    data = table(fleet)
    job = fleet.submit(TWO_TABLES_AND_A_PLOT, "--dataframe1", data, "-o", "said")
    assert fleet.wait(job) == "succeeded"
    manifest, record = json.loads(fleet.bytes_of(f"job:{job}/job.json")), fleet.inspect(job)
    assert record["result"] == manifest
    assert (manifest["id"], manifest["state"], manifest["reason"], manifest["exit_code"]) == (job, "succeeded", None, 0)
    assert (manifest["stdout"], manifest["stderr"]) == ({"bytes": 10, "truncated": False}, {"bytes": 10, "truncated": False})
    assert [(one["name"], one["rows"], one["columns"], one["version"]) for one in manifest["inputs"]] == [
        ("in.csv", 3, 2, record["document"]["inputs"][0]["version"])]
    names = fleet.names()
    keys = {"dataset1": "said", "dataset2": "said/dataset2", "visualization": "said/visualization.png"}
    assert {one["port"]: (one["key"], one["version"]) for one in manifest["outputs"]} == {
        port: (key, names[key]) for port, key in keys.items()}
    for one in manifest["outputs"]:
        assert one["bytes"] == (fleet.store / "objects" / one["version"]).stat().st_size
    assert all(step["ms"] > 0 for step in [manifest["steps"][name] for name in ("claim", "load", "run", "publish")])


def test_b_the_log_is_what_the_script_wrote(fleet):
    job = fleet.submit("import sys\ndef azureml_main():\n for i in range(3000):\n"
                       "  print(i, flush=True, file=sys.stderr if i % 2 else sys.stdout)\n")
    assert fleet.wait(job) == "succeeded"
    _, out, err = fleet.quern("logs", job)
    assert out == "".join(f"{i}\n" for i in range(0, 3000, 2))
    assert err == "".join(f"{i}\n" for i in range(1, 3000, 2))


def test_b_without_names_outputs_are_only_the_jobs_own(fleet):
    before = {key for key in fleet.names() if not key.startswith("job:")}
    job = fleet.submit("import pandas\ndef azureml_main(): return pandas.DataFrame({'a': [1]})\n")
    assert fleet.wait(job) == "succeeded"
    assert {key for key in fleet.names() if not key.startswith("job:")} == before
    assert sorted(fleet.names(f"job:{job}/")) == [
        f"job:{job}/{name}" for name in ("dataset1", "job.json", "stderr.txt", "stdout.txt", "visualization.json")]
    manifest = json.loads(fleet.bytes_of(f"job:{job}/job.json"))
    assert [one["key"] for one in manifest["outputs"]] == [f"job:{job}/dataset1"]


def test_m_a_result_that_stays_in_memory_is_what_its_file_would_become(fleet):
    made = fleet.submit(ALL_KINDS)
    assert fleet.wait(made) == "succeeded"
    as_it_is = fleet.submit(SHOW_ALL, "--dataframe1", f"job:{made}/dataset1")
    decoded = fleet.submit(SHOW_ALL, "--dataframe1", f"job:{made}/dataset1", "--columns1", ",".join(KINDS))
    assert (fleet.wait(as_it_is), fleet.wait(decoded)) == ("succeeded", "succeeded")
    assert fleet.inspect(as_it_is)["result"]["inputs"][0]["cached"] is True
    assert fleet.inspect(decoded)["result"]["inputs"][0]["cached"] is False
    shown = fleet.says("logs", as_it_is)
    assert [line.split()[0] for line in shown.splitlines()] == KINDS
    assert shown == fleet.says("logs", decoded)


def test_b_a_dependencys_output_is_pinned_when_the_job_is_claimed(empty):
    first = empty.submit("import pandas\ndef azureml_main(): return pandas.DataFrame({'a': [41, 42]})\n")
    second = empty.submit("def azureml_main(f): print(f.a.sum())\n", "--dataframe1", f"job:{first}/dataset1",
                          "--after", first)
    empty.host()
    assert empty.wait(second) == "succeeded"
    assert empty.says("logs", second) == "83\n"
    assert (empty.inspect(second)["result"]["inputs"][0]["version"] ==
            json.loads(empty.bytes_of(f"job:{first}/job.json"))["outputs"][0]["version"])


def test_m_a_job_that_raises_keeps_its_log_picture_and_record_and_touches_no_name(fleet):
    job = fleet.submit("import matplotlib; matplotlib.use('Agg')\nimport matplotlib.pyplot as plt\n"
                       "def azureml_main():\n print('so far'); plt.plot([1, 2]); plt.savefig('a.png')\n"
                       " raise ValueError('no good')\n", "-o", "raised")
    assert fleet.wait(job) == "failed"
    record = fleet.inspect(job)
    assert (record["reason"], record["message"], record["exit_code"]) == ("exception", "ValueError: no good", 1)
    assert record["result"]["exception"] == {"type": "ValueError", "message": "no good", "line": 5}
    assert record["result"]["error"]["details"][0]["code"] == "0085"
    assert not [key for key in fleet.names() if key.startswith("raised")]
    assert sorted(fleet.names(f"job:{job}/")) == [f"job:{job}/{name}" for name in (
        "job.json", "stderr.txt", "stdout.txt", "visualization.json", "visualization.png")]
    assert [one["key"] for one in record["result"]["outputs"]] == [f"job:{job}/visualization.png"]
    assert fleet.bytes_of(f"job:{job}/stdout.txt") == b"so far\n"


def test_l_a_job_beyond_its_time_ends_with_the_limits_name(fleet):
    job = fleet.submit("def azureml_main():\n while True: pass\n", "--timeout", "1s")
    assert fleet.wait(job) == "failed"
    record = fleet.inspect(job)
    assert (record["reason"], record["message"], record["exit_code"]) == (
        "limit:time", "the script ran longer than its time limit of 1 s", 124)


def test_b_a_running_job_is_cancelled_and_its_log_is_kept(fleet):
    job = fleet.submit("def azureml_main():\n print('begun', flush=True)\n while True: pass\n", "-o", "cancelled")
    eventually(lambda: fleet.says("logs", job) == "begun\n")
    fleet.says("cancel", job)
    assert fleet.wait(job) == "cancelled"
    record = fleet.inspect(job)
    assert (record["reason"], record["exit_code"]) == ("cancelled", 4)
    assert fleet.bytes_of(f"job:{job}/stdout.txt") == b"begun\n"
    assert not [key for key in fleet.names() if key.startswith("cancelled")]


def test_b_an_attempt_that_fails_for_a_reason_to_retry_is_followed_by_another(fleet):
    job = fleet.submit("import os, sys\ndef azureml_main(): print('tried', flush=True); os._exit(75)\n", "--retries", "2",
                       "--backoff", "10ms..20ms", "--retry-on", "exit:75")
    assert fleet.wait(job) == "failed"
    record = fleet.inspect(job)
    assert (record["reason"], record["attempts"], record["retries"]) == ("exit:75", 3, 2)
    assert fleet.says("logs", job) == "tried\n" * 3


def test_l_an_output_whose_key_would_be_too_long_fails_the_job(fleet):
    key = "/".join(["k" * 250] * 4) + "/" + "k" * 20
    job = fleet.submit("import pandas\ndef azureml_main():\n"
                       " return pandas.DataFrame({'a': [1]}), pandas.DataFrame({'b': [1]})\n", "-o", key)
    assert fleet.wait(job) == "failed"
    record = fleet.inspect(job)
    assert (record["reason"], record["message"]) == (
        "bad_input", "output dataset2: expected a key of at most 1024 bytes, found 1033")
    assert key not in fleet.names()


# Documents that the client would not write: the worker does not rely on it.
REFUSED = [
    ({"script": {"url": "file:/etc/passwd", "name": "x.py"}},
     "x.py: expected an object of the store, found file:/etc/passwd; `quern submit` uploads files"),
    ({"inputs": [{"port": 1, "format": "csv", "url": "file:/etc/passwd", "name": "p.csv"}]},
     "p.csv: expected an object of the store, found file:/etc/passwd; `quern submit` uploads files"),
    ({"inputs": [{"port": 1, "format": "csv", "url": "secret/a", "name": "a"}], "read": ["open"]},
     "inputs[0].url: expected a key that `read` covers, found \"secret/a\""),
    ({"outputs": {"dataset1": "file:/root/.ssh/authorized_keys"}},
     "outputs.dataset1: expected a key, found file:/root/.ssh/authorized_keys; fetch it with `quern result`"),
    ({"outputs": {"dataset1": "job:other/dataset1"}},
     "outputs.dataset1: expected no key of a job, which has its own outputs there by itself, "
     "found \"job:other/dataset1\""),
    ({"debug": True}, "debug: a job of a queue has no terminal; use `quern run --pdb`"),
    ({"extra": 1}, "extra: no such field"),
]


def test_f_documents_that_reach_for_the_host_or_other_jobs_are_refused(empty):
    jobs = []
    for fields, _ in REFUSED:
        jobs.append(empty.submit("def azureml_main(): pass\n"))
        empty.tamper(jobs[-1], **fields)
    other = empty.submit("def azureml_main(): pass\n")
    empty.tamper(other, id="another")
    empty.host()
    for job, (_, message) in zip(jobs, REFUSED):
        assert empty.wait(job) == "failed"
        record = empty.inspect(job)
        assert (record["reason"], record["message"]) == ("bad_input", message)
        assert json.loads(empty.bytes_of(f"job:{job}/job.json"))["message"] == message
    assert empty.wait(other) == "failed"
    assert empty.inspect(other)["message"] == f"id: expected {other}, as the queue calls the job, found another"


def test_b_a_missing_input_is_named(empty):
    job = empty.submit("def azureml_main(f): pass\n")
    empty.tamper(job, inputs=[{"port": 1, "format": "arrow", "url": "no/such", "name": "no/such"}])
    empty.host()
    assert empty.wait(job) == "failed"
    assert empty.inspect(job)["reason"] == "not_found"


def test_f_names_of_the_jobs_own_files_are_not_for_scripts(fleet):
    job = fleet.submit("import pandas\ndef azureml_main():\n return {'stdout.txt': pandas.DataFrame({'a': [1]})}\n")
    assert fleet.wait(job) == "failed"
    assert fleet.inspect(job)["message"] == "'stdout.txt' is not a name for an output"


def test_c_a_silent_redis_costs_a_running_job_nothing(empty):
    """Silent for longer than three leases, while the script writes and ends."""
    empty.host(queue={"lease": "1s"})
    job = empty.submit("import sys, time\ndef azureml_main():\n print('begun', flush=True)\n"
                       " end = time.monotonic() + 4\n"
                       " while time.monotonic() < end: print('x' * 1000); time.sleep(0.01)\n print('ended')\n")
    eventually(lambda: empty.says("logs", job).startswith("begun\n"))
    with empty.server.paused():
        # The script has ended when its worker waits for Redis in step complete.
        eventually(lambda: empty.hosts[0].events("step done", step="publish"))
    assert empty.wait(job) == "succeeded"
    record = empty.inspect(job)
    assert (record["attempts"], record["crashes"], record["infra"]) == (1, 0, 0)
    assert empty.says("logs", job).endswith("\nended\n")
    assert empty.says("logs", job).encode() == empty.bytes_of(f"job:{job}/stdout.txt")


def test_c_a_host_that_is_told_to_go_now_gives_its_job_back(empty):
    leaving = empty.host(queue={"lease": "30s"})
    job = empty.submit("import time\ndef azureml_main():\n print('here', flush=True)\n"
                       " while True: time.sleep(1)\n", "-o", "given")
    eventually(lambda: empty.says("logs", job) == "here\n")
    leaving.process.send_signal(signal.SIGTERM)
    eventually(lambda: leaving.events("draining"))
    leaving.process.send_signal(signal.SIGTERM)
    assert leaving.process.wait(timeout=PATIENCE_SECONDS) == 0
    record = empty.inspect(job)
    assert (record["state"], record["attempts"], record["crashes"]) == ("queued", 0, 0)
    assert not [key for key in empty.names() if key.startswith("given") or key.endswith("/job.json")]
    empty.host(queue={"lease": "30s"})
    eventually(lambda: empty.says("logs", job) == "here\nhere\n")
    empty.says("cancel", job)
    assert empty.wait(job) == "cancelled"
