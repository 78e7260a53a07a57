# SPDX-License-Identifier: Apache-2.0
"""The level of the jail is told everywhere, and required: nobody gets less than was asked for without a word.

Within a user namespace that has one id (`unshare -r`) every machine gives level user, to root too."""
import contextlib
import ctypes
import json
import os
import pathlib
import socket
import subprocess

import pytest

from fleet import PATIENCE_SECONDS, QUERN, RELEASE, ROOT, eventually

LEVEL = "full" if os.geteuid() == 0 else "user"
NOTHING = "def azureml_main():\n    pass\n"
LESS = ["unshare", "-r"]
BELOW = "environment default: the jail is user here, full is required (see: quern doctor)"
UNBOUND = "environment default: memory of a job as a whole is bounded by polled here, cgroup is required"


def test_b_the_record_tells(quern):
    run = quern(NOTHING, "--jail", LEVEL)
    assert run.code == 0, run.stderr
    assert (run.job["jail"]["level"], run.job["jail"]["bound"]) == (LEVEL, "polled")


def lesser_run(tmp_path, *options, text="print('ran')\n" + NOTHING, around=()):
    script = tmp_path / "script.py"
    script.write_text(text)
    return subprocess.run([*LESS, *around, QUERN, "run", script, *options], capture_output=True, text=True, check=False)


def test_f_run_refuses_a_lesser_jail(tmp_path):
    done = lesser_run(tmp_path, "--jail", "full")
    assert (done.returncode, done.stdout) == (78, ""), done.stderr
    assert "✕ failed after" in done.stderr and f": {BELOW} (config)" in done.stderr
    done = lesser_run(tmp_path, "--jail", "user")
    assert (done.returncode, "ran" in done.stdout) == (0, True), done.stderr


# What the machine lacks, what a script then can do, and what is said about it.
LACKS = {
    "landlock": ("Landlock", "open(PATH + 'password', 'r+').write('mine')",
                 "scripts can read, and before Linux 5.12 write, all files of quern's user, passwords and keys among them"),
    "seccomp": ("seccomp", "import socket; socket.socket(socket.AF_UNIX).connect(PATH + 'socket')",
                "scripts can make all system calls, and connect to the sockets of services by their paths"),
}


@pytest.mark.parametrize("lack", LACKS)
def test_f_what_is_lacking_is_no_level_that_can_be_required(tmp_path, lack):
    name, deed, then = LACKS[lack]
    around = [ROOT / "tests/e2e/lacking.py", lack]
    (tmp_path / "password").write_text("secret")
    text = f"PATH = {str(tmp_path) + '/'!r}\n{deed}\nprint('done')\n{NOTHING}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        server.listen()
        assert "done" not in lesser_run(tmp_path, text=text).stdout
        done = lesser_run(tmp_path, "-o", tmp_path / "out", text=text, around=around)
    record = json.loads((tmp_path / "out" / "job.json").read_text())
    assert (done.returncode, "done" in done.stdout, record["jail"]["level"]) == (0, True, "minimal"), done.stderr
    assert record["warnings"] == [f"the jail is minimal here: this machine has no {name} (quern doctor); {then}"]
    done = lesser_run(tmp_path, "--jail", "minimal", around=around)
    assert (done.returncode, done.stdout) == (78, "")
    assert f"environment default: the jail has no {name} here, minimal is required (see: quern doctor) (config)" in done.stderr
    done = subprocess.run([*LESS, *around, QUERN, "doctor"], capture_output=True, text=True, check=False)
    assert "jail      minimal; memory" in done.stdout and f"no {name}: scripts can " in done.stdout


def test_f_a_step_that_fails_is_named_in_the_record(tmp_path, fleet):
    around = [ROOT / "tests/e2e/lacking.py", "securebits"]
    step = "jail: bounds: PR_SET_SECUREBITS: Operation not permitted"
    (tmp_path / "script.py").write_text("print('ran')\n" + NOTHING)
    done = subprocess.run([*around, QUERN, "run", tmp_path / "script.py", "-o", tmp_path / "out"], capture_output=True, text=True,
                          check=False)
    record = json.loads((tmp_path / "out" / "job.json").read_text())
    assert (record["state"], record["reason"], record["message"]) == ("failed", "infra", step)
    assert (done.returncode, done.stdout) == (75, "") and step in done.stderr
    fleet.host(around=around)
    job = fleet.submit("print('ran')\n" + NOTHING)
    eventually(lambda: fleet.inspect(job)["message"] == step, "the queue's record")
    assert fleet.says("logs", job) == ""


def test_b_doctor_tells_level_and_bound():
    done = subprocess.run([QUERN, "doctor"], capture_output=True, text=True, check=False)
    assert f"jail      {LEVEL}; memory is bounded by looking at all processes of a job (polled)\n" in done.stdout
    done = subprocess.run([*LESS, QUERN, "doctor"], capture_output=True, text=True, check=False)
    assert "jail      user; memory is bounded by looking at all processes of a job (polled)\n" in done.stdout


def refused(fleet, jail, around, message):
    host = fleet.host("refused", around=around, jail=jail)
    assert host.process.wait(PATIENCE_SECONDS) == 78
    assert f"quernd: {message}\n" in host.log.read_text()
    assert not host.events("up")


def test_f_quernd_refuses_to_start_below_the_level(fleet):
    refused(fleet, {"require": "full"}, LESS, BELOW)


def test_f_quernd_refuses_to_start_below_the_bound(fleet):
    refused(fleet, {"require_bound": "cgroup"}, [], UNBOUND)


def test_b_doctor_says_why_there_is_no_cgroup_as_the_log_does(fleet):
    why = fleet.host().ready().events("no cgroups for jobs")[0]["why"]
    assert f"jail      no cgroup for jobs: {why}\n" in fleet.says("doctor")


def test_b_log_and_metrics_tell_the_level(fleet):
    host = fleet.host(jail={"require": LEVEL, "require_bound": "polled"}).ready()
    up = host.events("environment up")[0]
    assert (up["jail"], up["memory_bound"]) == (LEVEL, "polled")
    number = {"user": 2, "full": 3}[LEVEL]
    name = f'quern_jail_level{{environment="default",level="{LEVEL}",memory_bound="polled"}}'
    eventually(lambda: host.metric(name) == number, name)


def test_f_a_machine_without_landlock_has_to_be_asked_for(fleet):
    """It runs scripts that could read the password of quernd itself: nobody gets that by saying nothing."""
    around = [*LESS, ROOT / "tests/e2e/lacking.py", "landlock"]
    refused(fleet, {}, around, "environment default: the jail has no Landlock here, minimal is required (see: quern doctor)")
    host = fleet.host(around=around, jail={"require": "none"}).ready()
    up = host.events("environment up")[0]
    assert (up["jail"], up["level"]) == ("minimal", "warning")


def take_namespaces(pid):
    """From who lives in the user namespace of a process. Without an exec, which would cost the capabilities there."""
    child = os.fork()
    if child == 0:
        with open(f"/proc/{pid}/ns/user", "rb") as space, contextlib.suppress(OSError):
            if ctypes.CDLL(None).setns(space.fileno(), 0) == 0:
                pathlib.Path("/proc/sys/user/max_user_namespaces").write_text("0")
                os._exit(0)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == 0


def test_f_a_jail_that_gets_worse_is_told(fleet):
    """The machine gives no namespaces any more: what is renewed has less, and the log says so."""
    host = fleet.host(around=["unshare", "--user", "--map-user=1000", "--map-group=1000"], environments={"renew_jobs": 1},
                      environment={"TMPDIR": str(fleet.directory)}).ready()
    up = host.events("environment up")[0]
    assert (up["jail"], up["level"]) == ("user", "info")
    assert fleet.wait(fleet.submit(NOTHING)) == "succeeded"
    renewed = eventually(lambda: host.events("environment renewed"), "the first renewal")[0]
    assert (renewed["jail"], renewed["level"], len(host.events("environment up"))) == ("user", "info", 1)
    take_namespaces(host.process.pid)
    assert fleet.wait(fleet.submit(NOTHING)) == "succeeded"
    renewed = eventually(lambda: host.events("environment renewed", jail="minimal"), "the second renewal")[0]
    up = host.events("environment up")[1]
    assert (renewed["level"], up["jail"], up["level"]) == ("warning", "minimal", "warning")


def test_b_settings_of_the_jail_are_words(tmp_path):
    path = tmp_path / "quernd.ini"
    path.write_text("[queue]\nurl = unix:/s\n[jail]\nrequire_bound = kernel\n")
    done = subprocess.run([RELEASE / "quernd", "--config", path, "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        78, f'quernd: {path}: line 4: require_bound: expected one of rlimit, polled, cgroup, found "kernel"\n')
