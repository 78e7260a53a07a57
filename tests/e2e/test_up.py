# SPDX-License-Identifier: Apache-2.0
"""`quern up`, a job from submit to its files, `quern down`; nothing is left behind."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import pytest

from fleet import PATIENCE_SECONDS, RELEASE, ROOT, Redis, eventually
from fleet.fleet import Done
from fleet.processes import below

SCRIPT = """import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt


def azureml_main(dataframe1=None, dataframe2=None):
    print("rows:", len(dataframe1))
    plt.plot(dataframe1["a"])
    plt.savefig("line.png")
    return dataframe1, dataframe1.head(1)
"""


class Home:
    """The home directory of a user; short, for a socket's path has at most 107 bytes."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="quern-up-"))
        os.chmod(self.path, 0o755)
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.path), "LC_ALL": "C.UTF-8"}
        self.up = self.path / ".local/state/quern/up"
        (self.path / "script.py").write_text(SCRIPT)
        (self.path / "rows.csv").write_text("a,b\n1,x\n2,y\n3,z\n")

    def quern(self, *words, timeout=PATIENCE_SECONDS, **more):
        done = subprocess.run([RELEASE / "quern", *map(str, words)], cwd=self.path, env={**self.environment, **more},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout)
        return Done(done)

    def say(self, *words):
        """What it prints, when all is well."""
        code, out, err = self.quern(*words)
        assert (code, err) == (0, "")
        return out

    def processes(self):
        """Everything that runs in this home: found by its command line."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and str(self.path) in (entry / "cmdline").read_text():
                    found.append(int(entry.name))
        return found

    def close(self):
        self.quern("down", "--now")
        eventually(lambda: not self.processes(), "the end of all processes")
        shutil.rmtree(self.path)


@pytest.fixture
def home():
    home = Home()
    yield home
    home.close()


def test_b_a_job_from_up_to_down(home):
    assert home.say("dataset", "put", "rows.csv", "rows").startswith("rows  3 × 2, ")
    code, out, err = home.quern("up", "--detach")
    assert (code, out) == (0, "") and err.splitlines()[0].startswith("✓ up: queue 'default', ")
    assert home.up.stat().st_mode & 0o777 == 0o700
    job = home.say("submit", "script.py", "--dataframe1", "rows", "-o", "table").strip()
    assert home.quern("logs", "-f", job).out == "rows: 3\n"
    assert home.say("wait", job) == ""
    assert [line.split()[0] for line in home.say("result", job, "-o", "out").splitlines()] == [
        f"out/{name}" for name in ("dataset1.arrow", "dataset2.arrow", "stderr.txt", "stdout.txt", "visualization.json",
                                   "visualization.png", "job.json")]
    assert json.loads((home.path / "out/job.json").read_text())["state"] == "succeeded"
    assert [line.split()[0] for line in home.say("dataset", "ls").splitlines()] == [
        "rows", "table", "table/dataset2", "table/visualization.png"]
    assert home.say("dataset", "get", "table", "table.csv").startswith("table.csv  ")
    assert (home.path / "table.csv").read_text().splitlines() == ["a,b", "1,x", "2,y", "3,z"]
    assert home.say("result", job, "--get", "dataset2").startswith("./dataset2.arrow  ")
    assert home.quern("run", "script.py", "--dataframe1", "table", "--json").code == 0
    second = home.say("submit", "script.py", "--dataframe1", f"job:{job}/dataset2").strip()
    assert home.say("wait", second) == ""
    assert home.quern("logs", "2").out == "rows: 1\n"
    home.say("dataset", "rm", "rows")
    assert tuple(home.quern("down")) == (0, "", "down\n")
    assert home.processes() == []
    assert [line.split()[0] for line in home.say("dataset", "ls").splitlines()] == [
        "table", "table/dataset2", "table/visualization.png"]
    assert tuple(home.quern("down")) == (0, "", "nothing is up\n")


def test_b_a_failed_job_leaves_its_logs_and_says_why(home):
    assert home.quern("up", "--detach", "--workers", "1").code == 0
    (home.path / "bad.py").write_text("def azureml_main(a=None):\n    print('so far')\n    raise KeyError('age')\n")
    code, out, err = home.quern("submit", "bad.py", "--follow")
    assert (code, out) == (1, "so far\n")
    assert "✕ 1 failed  bad.py  ran " in err and ": KeyError: 'age' (exception)  " in err
    code, out, err = home.quern("result", "1", "-o", "out")
    assert code == 1 and "out/stdout.txt  7 bytes\n" in out and "✕ 1 failed" in err
    assert (home.path / "out/stdout.txt").read_text() == "so far\n"
    assert home.quern("result", "1", "--get", "stdout.txt", "-o", "-").out == "so far\n"
    code, out, err = home.quern("result", "1", "--get", "dataset1")
    assert (code, out) == (3, "") and err.startswith("error: job '1' has no output 'dataset1'\n  it has: quern dataset ls ")


def test_b_jobs_outlive_the_machine_being_down(home):
    assert home.quern("up", "--detach").code == 0
    job = home.say("submit", "script.py", "--dataframe1", "rows.csv", "--delay", "1s").strip()
    assert home.quern("down").code == 0
    assert home.quern("ls").code == 78
    assert home.quern("up", "--detach").code == 0
    assert home.say("wait", job) == ""


@pytest.mark.parametrize("name, told", [
    ("one_job.sh", ["392 of 768 rows are complete", "build/out/visualization.png", "8 rows × 3 columns"]),
    ("chain.sh", ["◌ blocked", "predicted", "pima/calibration/visualization.png"])])
def test_b_examples_of_a_fleet(home, name, told):
    shutil.copytree(ROOT / "examples", home.path / "examples")
    assert home.quern("up", "-d").code == 0
    environment = {**home.environment, "PATH": f"{RELEASE}:{home.environment['PATH']}"}
    done = subprocess.run([home.path / "examples/fleet" / name, "../build/out"], cwd=home.path, env=environment,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert (done.returncode, done.stderr) == (0, "")
    assert [words for words in told if words not in done.stdout] == []


def test_b_up_once_at_a_time_and_down_by_whom_it_may_concern(home):
    assert home.quern("up", "-d").code == 0
    assert tuple(home.quern("up", "-d")) == (78, "", (
        f"error: `quern up` runs already in {home.up}\n  stop it: quern down\n"))


def test_b_in_the_foreground_ctrl_c_ends_all(home):
    with subprocess.Popen([RELEASE / "quern", "up"], cwd=home.path, env=home.environment, stdin=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True) as process:
        said = [process.stderr.readline() for _ in range(3)]
        assert said[0].startswith("✓ up: ") and said[2] == "  Ctrl-C ends it\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=PATIENCE_SECONDS) == 0
    assert home.processes() == []


def test_c_a_dead_up_takes_its_servers_along(home):
    with subprocess.Popen([RELEASE / "quern", "up"], cwd=home.path, env=home.environment, stdin=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr.readline().startswith("✓ up: ")
        assert len(home.processes()) >= 2
        process.kill()
    eventually(lambda: not home.processes(), "the end of redis-server and quernd")
    assert home.quern("up", "-d").code == 0


@pytest.mark.parametrize("name", ["redis-server", "quernd"])
def test_c_the_end_of_a_server_is_told(home, name):
    with subprocess.Popen([RELEASE / "quern", "up"], cwd=home.path, env=home.environment, stdin=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True) as process:
        for _ in range(3):
            process.stderr.readline()
        victim = next(child for child in below(process.pid) if child.name == name)
        os.kill(victim.pid, signal.SIGKILL)
        log = home.up / ("redis.log" if name == "redis-server" else "quernd.log")
        assert process.communicate(timeout=PATIENCE_SECONDS)[1] == f"error: {name} ended\n  its last words: tail {log}\n"
        assert process.returncode == 75


def test_f_a_place_that_is_not_ours_alone_is_refused(home):
    home.up.parent.mkdir(parents=True)
    home.up.symlink_to("/tmp")
    assert tuple(home.quern("up", "-d")) == (78, "", f"error: {home.up}: expected a directory of yours\n")
    home.up.unlink()
    long = f"/tmp/{'x' * 100}"
    assert tuple(home.quern("up", "-d", XDG_STATE_HOME=long)) == (78, "", (
        f"error: {long}/quern/up/redis.sock: the path of a socket has at most 107 bytes\n"
        "  name a shorter directory: export XDG_STATE_HOME=/tmp/state\n"))


def test_b_without_redis_the_package_is_named(home):
    assert tuple(home.quern("up", "-d", PATH="/nowhere")) == (78, "", (
        "error: redis-server cannot be started: No such file or directory\n"
        "  install it: apt-get install redis-server\n"))


def test_f_the_redis_is_the_users_alone(home):
    assert home.quern("up", "-d").code == 0
    socket = home.up / "redis.sock"
    assert socket.stat().st_mode & 0o777 == 0o700
    redis = Redis(socket)
    settings = dict(zip(*[iter(redis("CONFIG", "GET", "append*"))] * 2))
    assert (settings[b"appendonly"], settings[b"appendfsync"]) == (b"yes", b"always")
    assert redis("CONFIG", "GET", "maxmemory-policy")[1] == b"noeviction"
    assert redis("CONFIG", "GET", "port")[1] == b"0"
    redis.close()


def test_f_its_users_own_jobs_run_where_the_jail_is_minimal(home):
    """Unlike those of a quernd that nobody told to: the record says what is lacking."""
    subprocess.run([ROOT / "tests/e2e/lacking.py", "landlock", RELEASE / "quern", "up", "--detach"], cwd=home.path,
                   env=home.environment, stdin=subprocess.DEVNULL, check=True, capture_output=True, timeout=PATIENCE_SECONDS)
    job = home.say("submit", "script.py", "--dataframe1", "rows.csv").strip()
    home.quern("wait", job)
    record = json.loads(home.say("inspect", job))
    assert (record["state"], record["jail"]["level"]) == ("succeeded", "minimal")
    assert record["warnings"][0].startswith("the jail is minimal here: this machine has no Landlock")
