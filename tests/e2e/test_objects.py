# SPDX-License-Identifier: Apache-2.0
"""Models and other objects from job to job, through a fleet and through `quern run`."""
import hashlib
import json
import pickle

import pytest

from fleet import ROOT, Fleet

TRAIN = """
import numpy as np, pandas as pd, quern
from sklearn.linear_model import LogisticRegression

def azureml_main(train):
    model = LogisticRegression().fit(train[["x"]], train["y"])
    quern.output("report", {"score": model.score(train[["x"]], train["y"])})
    quern.output("note.md", "# done")
    quern.output("weights", model.coef_.tobytes(), kind="bytes")
    with open("plot.svg", "w") as file:
        file.write("<svg/>")
    quern.output("plot.svg", quern.File("plot.svg"))
    return {"model": model, "seen": train}
"""
SCORE = """
import quern

def azureml_main(data, model, *, low=0.0):
    print(type(model).__name__, quern.inputs["report"], low)
    data["p"] = model.predict_proba(data[["x"]])[:, 1]
    return data[data["p"] >= low]
"""
TABLE = "x,y\n" + "".join(f"{i},{int(i > 4)}\n" for i in range(10))

# What a pickle does that means harm: what it gets at is printed, and then it ends the process that loads it.
ATTACK = """
import os, socket
def attempt(what, do):
    try:
        told = do()
    except BaseException as error:
        told = type(error).__name__
    os.write(1, f"{what} {told}\\n".encode())
def rewrite(fd):
    with open(f"/proc/self/fd/{fd}", "r+b") as file:
        return file.write(b"mine")
def connect(path):
    with socket.socket(socket.AF_UNIX) as one:
        return one.connect(path)
attempt("passwd", lambda: open("/etc/passwd").read())
attempt("store", lambda: os.listdir(STORE))
attempt("redis", lambda: connect(REDIS))
attempt("spoil", lambda: open(OBJECT, "wb").write(b"mine"))
for fd in range(3, 64):
    if os.path.exists(f"/proc/self/fd/{fd}") and os.path.isfile(f"/proc/self/fd/{fd}"):
        attempt("rewrite", lambda: rewrite(fd))
for fd in range(3, 64):
    try:
        socket.socket(fileno=os.dup(fd)).send(bytes(64))
    except OSError:
        pass
os._exit(7)
"""


class Harm:
    def __init__(self, text):
        self.text = text

    def __reduce__(self):
        return exec, (self.text, {})


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    with Fleet(tmp_path_factory.mktemp("fleet")) as fleet:
        fleet.host(workers={"count": 1})
        yield fleet


@pytest.fixture(scope="module")
def trained(fleet):
    (fleet.directory / "train.csv").write_text(TABLE)
    job = fleet.submit(TRAIN, "--input", "train=train.csv", "--output", "model=models/cox")
    assert fleet.wait(job) == "succeeded"
    return job


def words(text):
    return [line.split()[:2] for line in text.splitlines()]


def test_b_a_model_trained_by_one_job_scores_in_the_next(fleet, trained):
    for model in (f"job:{trained}/model", "models/cox"):
        job = fleet.submit(SCORE, "--input", "data=train.csv", "--input", f"model={model}", "--input",
                           f"report=job:{trained}/report", "--param", "low=0.5")
        assert fleet.wait(job) == "succeeded"
        assert fleet.says("logs", job) == "LogisticRegression {'score': 1.0} 0.5\n"
        record = fleet.inspect(job)["result"]
        assert [(one["name"], one["kind"], one["rows"]) for one in record["inputs"]] == [
            ("train.csv", "dataset", 10), (model, "pickle", 0), (f"job:{trained}/report", "json", 0)]
        assert [(one["kind"], one["rows"]) for one in record["outputs"]] == [("dataset", 5)]


def test_b_a_job_may_wait_for_the_model_of_another(fleet):
    train = fleet.submit(TRAIN, "--input", "train=train.csv", "--delay", "300ms")
    job = fleet.submit(SCORE, "--input", "data=train.csv", "--input", f"model=job:{train}/model", "--input",
                       f"report=job:{train}/report")
    assert fleet.wait(job) == "succeeded"
    assert fleet.inspect(job)["result"]["inputs"][1]["kind"] == "pickle"


def test_b_a_job_with_a_model_is_debugged_with_it(fleet, trained):
    job = fleet.submit(SCORE, "--input", "data=train.csv", "--input", "model=models/cox", "--input",
                       f"report=job:{trained}/report")
    assert fleet.wait(job) == "succeeded"
    code, out, err = fleet.quern("debug", job, "--no-pdb", "-o", "case")
    assert (code, out) == (0, "LogisticRegression {'score': 1.0} 0.0\n"), err
    assert "--input data=./dataframe1.csv --input model=./input2.pickle --input report=./input3.json" in err


def test_b_the_record_and_the_catalogue_tell_kinds(fleet, trained):
    outputs = {one["port"]: one for one in fleet.inspect(trained)["result"]["outputs"]}
    assert {port: (one["kind"], one["content_type"]) for port, one in outputs.items()} == {
        "model": ("pickle", "application/x-pickle"), "seen": ("dataset", "application/vnd.apache.arrow.file"),
        "report": ("json", "application/json"), "note.md": ("text", "text/plain; charset=utf-8"),
        "weights": ("bytes", "application/octet-stream"), "plot.svg": ("file", "image/svg+xml")}
    for one in outputs.values():
        assert one["version"].partition(".")[2] == ("" if one["kind"] == "dataset" else one["kind"])
        assert one["bytes"] == len(fleet.bytes_of(one["key"]))
        assert hashlib.sha256(fleet.bytes_of(one["key"])).hexdigest() == one["version"][7:71]
    listed = {json.loads(line)["key"]: json.loads(line)["kind"] for line in
              fleet.says("dataset", "ls", f"job:{trained}/", "--json").splitlines()}
    assert listed[f"job:{trained}/model"] == "pickle" and listed[f"job:{trained}/stdout.txt"] == "file"
    assert ["models/cox", "pickle"] in words(fleet.says("dataset", "ls"))
    assert fleet.says("dataset", "show", "models/cox").startswith("models/cox  pickle, application/x-pickle, ")


def test_b_objects_are_fetched_as_they_are(fleet, trained):
    fleet.says("dataset", "get", "models/cox", "cox.pkl")
    assert type(pickle.loads((fleet.directory / "cox.pkl").read_bytes())).__name__ == "LogisticRegression"
    fleet.says("result", trained, "-o", "fetched")
    names = sorted(path.name for path in (fleet.directory / "fetched").iterdir())
    assert names == ["job.json", "model.pickle", "note.md", "plot.svg", "report.json", "seen.arrow", "stderr.txt",
                     "stdout.txt", "visualization.json", "weights.bin"]
    assert (fleet.directory / "fetched/report.json").read_text() == '{"score": 1.0}'
    fleet.says("result", trained, "--get", "report.json", "-o", "one")
    assert (fleet.directory / "one/report.json").exists()
    code, _, err = fleet.quern("dataset", "head", "models/cox")
    assert (code, err) == (2, "error: 'models/cox' is no dataset: it is an object of the kind pickle\n"
                              "  fetch it: quern dataset get models/cox FILE\n")


def test_b_objects_are_put_copied_and_removed(fleet):
    (fleet.directory / "three.json").write_text("3")
    (fleet.directory / "raw").write_bytes(b"\0\1")
    assert fleet.says("dataset", "put", "three.json", "own/three").startswith("own/three  json, 1 byte")
    fleet.says("dataset", "put", "raw", "own/raw", "--kind", "bytes")
    fleet.says("dataset", "cp", "own/three", "own/copy")
    fleet.says("dataset", "rm", "own/three")
    job = fleet.submit("def azureml_main(a, b, c): print(repr(a), repr(b), open(c, 'rb').read())\n", "--input", "a=own/copy",
                       "--input", "b=own/raw", "--input", "c=./raw")
    assert fleet.wait(job) == "succeeded"
    assert fleet.says("logs", job) == "3 b'\\x00\\x01' b'\\x00\\x01'\n"


def test_f_a_hostile_pickle_harms_nothing_but_its_own_job(fleet):
    """The canary says the same before and after; the attack got at nothing, and its bytes are what they were."""
    (fleet.directory / "frame.csv").write_text("a\n1\n2\n")
    canary = ROOT / "tests/hostile/canary.py"

    def sing():
        job = fleet.submit(canary, "--dataframe1", "frame.csv")
        assert fleet.wait(job) == "succeeded"
        return fleet.says("logs", job)

    before, names = sing(), fleet.names()
    text = ATTACK.replace("STORE", repr(str(fleet.store))).replace("REDIS", repr(str(fleet.directory / "redis.sock")))
    text = text.replace("OBJECT", repr(str(fleet.store / "objects")))
    (fleet.directory / "harm.pickle").write_bytes(pickle.dumps(Harm(text)))
    fleet.says("dataset", "put", "harm.pickle", "harm")
    version = fleet.names()["harm"]
    job = fleet.submit("def azureml_main(it): return 1\n", "--input", "it=harm")
    assert fleet.wait(job) == "failed"
    record = fleet.inspect(job)["result"]
    assert record["reason"] in ("exit:7", "bad_result") and record["outputs"] == []
    told = fleet.says("logs", job)
    assert [line.split()[0] for line in told.splitlines()][:4] == ["passwd", "store", "redis", "spoil"]
    for line in told.splitlines():
        assert line.split()[1] in ("FileNotFoundError", "PermissionError", "NotADirectoryError", "IsADirectoryError",
                                   "OSError"), line
    assert fleet.bytes_of("harm") == (fleet.directory / "harm.pickle").read_bytes()
    assert hashlib.sha256(fleet.bytes_of("harm")).hexdigest() == version[7:71]
    assert sing() == before
    left = {key: one for key, one in fleet.names().items() if not key.startswith("job:") and key != "harm"}
    assert left == {key: one for key, one in names.items() if not key.startswith("job:")}


def test_f_a_pickle_that_nobody_asks_for_is_not_loaded(fleet):
    """Neither the worker nor the codec nor the commands look into it."""
    (fleet.directory / "abort.pickle").write_bytes(b"cos\nabort\n(tR.")
    fleet.says("dataset", "put", "abort.pickle", "abort")
    fleet.says("dataset", "show", "abort")
    job = fleet.submit("def azureml_main(df): return df\n", "--dataframe1", "train.csv", "--input", "it=abort")
    assert fleet.wait(job) == "succeeded"
    assert fleet.inspect(job)["result"]["warnings"] == [
        "azureml_main: the input 'it' was not used: azureml_main has no parameter of that name, and quern.inputs was not "
        "asked for it"]


def test_b_run_writes_and_reads_files(quern, tmp_path):
    (tmp_path / "train.csv").write_text(TABLE)
    made = quern(TRAIN, "--input", f"train={tmp_path / 'train.csv'}")
    assert made.code == 0, made.stderr
    assert sorted(path.name for path in made.out.iterdir()) == [
        "job.json", "model.pickle", "note.md", "plot.svg", "report.json", "seen.arrow", "stderr.txt", "stdout.txt",
        "visualization.json", "weights.bin"]
    assert "model.pickle  pickle, " in made.stderr
    for name in ("model.pickle", "report.json"):
        (made.out / name).rename(tmp_path / name)
    scored = quern(SCORE, "--input", f"data={tmp_path / 'train.csv'}", "--input", f"model={tmp_path / 'model.pickle'}",
                   "--input", f"report={tmp_path / 'report.json'}")
    assert scored.code == 0, scored.stderr
    assert scored.script_out == "LogisticRegression {'score': 1.0} 0.0\n"


@pytest.mark.parametrize("words, message", [
    (["--input", "model"], "--input: 'model' is not NAME=FILE|KEY; write model=model"),
    (["--input", ".m=k"], "--input: an input cannot be named '.m': expected 1 to 64 of A-Z a-z 0-9 _ . - and no dot in front"),
    (["--input", "m=./script.py", "--input", "m=./script.py"], "--input: 'm' was given twice"),
])
def test_b_inputs_that_are_none(quern, words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = quern("def azureml_main(): pass\n", *words)
    assert (done.code, done.stderr) == (2, f"error: {message}\n")


def test_b_an_output_that_has_the_name_of_a_file_of_the_job(served):
    done = served("import quern\ndef azureml_main(): quern.output('stdout', 'x')\n")
    assert (done.code, done.job["reason"], done.job["message"]) == (
        1, "bad_result", "'stdout' is not a name for an output of the kind text")


def test_m_a_model_that_cannot_be_loaded_is_a_dataset_error_of_the_original(served, tmp_path):
    (tmp_path / "m.pickle").write_bytes(b"cno_such_module\nThing\n.")
    done = served("def azureml_main(m): pass\n", "--input", f"m={tmp_path / 'm.pickle'}")
    assert (done.code, done.job["reason"]) == (1, "bad_input")
    assert done.job["error"]["details"][0]["message"] == (
        "Error 0049: m.pickle: the pickle cannot be loaded: ModuleNotFoundError: No module named 'no_such_module'")


def test_l_all_outputs_and_the_picture_have_room_in_the_record(served):
    """64 outputs and a picture: one more than there are ports."""
    done = served("import quern, matplotlib.pyplot as plt\ndef azureml_main():\n    plt.plot([1]); plt.savefig('a.png')\n"
                 "    for i in range(64): quern.output(f'n{i}', i)\n")
    assert done.code == 0, done.stderr
    assert [one["port"] for one in done.job["outputs"]] == ["visualization"] + [f"n{i}" for i in range(64)]


LEAVES = """
import os
def azureml_main(df=None):
    for path, text in (("outputs/a.txt", "a"), ("outputs/deep/er/b.csv", "x,y"), ("logs/run.log", "line"), ("other/c", "c")):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        open(path, "w").write(text)
    {more}
"""


def kept(run):
    return {one["name"]: one["bytes"] for one in run.job["files"]}


def test_b_outputs_and_logs_are_kept(quern):
    done = quern(LEAVES.format(more="pass"))
    assert done.code == 0, done.stderr
    assert kept(done) == {"outputs/a.txt": 1, "outputs/deep/er/b.csv": 3, "logs/run.log": 4}
    assert (done.out / "files/outputs/deep/er/b.csv").read_text() == "x,y"
    assert not (done.out / "files/other").exists()


def test_b_outputs_and_logs_are_kept_of_a_job_that_failed(fleet):
    job = fleet.submit(LEAVES.format(more="raise ValueError('late')"))
    assert fleet.wait(job) == "failed"
    assert sorted(key.split("/", 1)[1] for key in fleet.names(f"job:{job}/files/")) == [
        "files/logs/run.log", "files/outputs/a.txt", "files/outputs/deep/er/b.csv"]
    fleet.quern("result", job, "-o", "left")
    assert (fleet.directory / "left/files/outputs/a.txt").read_text() == "a"
    again = fleet.submit("def azureml_main(it): print(it, open(it).read())\n", "--input",
                         f"it=job:{job}/files/outputs/deep/er/b.csv", "--after", f"any:{job}")
    assert fleet.wait(again) == "succeeded"
    assert fleet.says("logs", again) == "inputs/it/b.csv x,y\n"


def test_f_only_regular_files_below_are_kept(served, tmp_path):
    (tmp_path / "secret").write_text("secret")
    done = served(LEAVES.format(more=f"""
    os.symlink({str(tmp_path / 'secret')!r}, "outputs/link")
    os.symlink("../..", "outputs/up")
    os.symlink("/proc/self/environ", "logs/environ")
    os.link("outputs/a.txt", "outputs/twice")
    os.mkfifo("outputs/pipe")
    os.makedirs("outputs/" + "/".join("d" * 40))
    open("outputs/" + "/".join("d" * 40) + "/deep", "w").write("x")
    open("outputs/new\\nline", "w").write("x")
    open(b"outputs/\\xff", "w").write("x")"""))
    assert done.code == 0, done.stderr
    assert kept(done) == {"outputs/a.txt": 1, "outputs/deep/er/b.csv": 3, "logs/run.log": 4, "outputs/twice": 1}
    warned = "\n".join(done.job["warnings"])
    for name in ("outputs/link", "outputs/up", "logs/environ", "outputs/pipe"):
        assert f"{name}: not a regular file that can be read, left out" in warned
    assert warned.count("left out: ") == 2 and "secret" not in (done.out / "job.json").read_text()


def test_f_outputs_that_is_a_link_is_not_followed(served):
    done = served("import os\ndef azureml_main():\n    os.rmdir('outputs'), os.rmdir('logs')\n"
                 "    os.symlink('/etc', 'outputs')\n    os.symlink('.', 'logs')\n")
    assert done.code == 0 and done.job["files"] == []


def test_l_files_are_bounded_by_count_and_size(served):
    more = "\n    for i in range(7): open(f'outputs/{i}', 'w').write('x' * 10)"
    done = served(LEAVES.format(more=more), "--files", "5")
    assert done.code == 0 and len(done.job["files"]) == 5
    assert done.job["warnings"] == ["5 files of outputs and logs beyond the limit of 5 were left out (--files)"]
    done = served(LEAVES.format(more=more), "--files-size", "30")
    assert done.code == 0 and sum(kept(done).values()) <= 30
    assert "files of outputs and logs beyond the limit of 30 bytes were left out (--files-size)" in done.job["warnings"][0]


def test_b_parameters_from_a_file(quern, tmp_path):
    (tmp_path / "params.json").write_text('{"depth": 6, "rate": 0.5, "id": "007", "text": "6", "list": [1, null], "yes": true}')
    script = "import quern\ndef azureml_main(df=None, depth=1, *, rate=0.1): print(depth, rate, dict(quern.params))\n"
    done = quern(script, "--params", str(tmp_path / "params.json"), "--param", "rate=0.25")
    assert done.code == 0, done.stderr
    assert done.script_out == ("6 0.25 {'rate': 0.25, 'depth': 6, 'id': '007', 'text': '6', 'list': [1, None], 'yes': True}\n")
    for text, message in (("[1]", "expected an object, {\"depth\": 6}, found something else"),
                          ("{", "line 1, column 1: string or '}' expected near end of file"),
                          ('{"a": 1, "a": 2}', "line 1, column 12: duplicate object key near '\"a\"'")):
        (tmp_path / "params.json").write_text(text)
        done = quern(script, "--params", str(tmp_path / "params.json"))
        assert (done.code, done.stderr) == (2, f"error: --params: {tmp_path / 'params.json'}: {message}\n")
