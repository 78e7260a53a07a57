# SPDX-License-Identifier: Apache-2.0
"""quern installed as docs/operations.md says, on a machine that systemd rules: deploy/quernd.service as it is.

Runs as a unit of the guest's systemd, after tests/guest/inside; the order of the tests is that of a unit's life.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest

from conftest import CGROUPS, USER, figures
from fleet import ROOT, eventually
from fleet.processes import everything
from fleet.waiting import PATIENCE_SECONDS

GROUP = CGROUPS / "system.slice/quernd.service"
SETTINGS = """
[queue]
url = redis://127.0.0.1:6379
[workers]
count = 1
drain_timeout = 1s
[environments]
standby = 1
[jail]
require = full
require_bound = cgroup
[log]
format = json
"""
SLOW = f"[Service]\nTimeoutStartSec={PATIENCE_SECONDS}\n"
WAITS = "import signal\ndef azureml_main():\n    print('begun', flush=True)\n    signal.pause()\n"
FILLS = """
import multiprocessing, os, signal
def hold():
    held = bytearray(os.urandom(1 << 20) * 60)
    signal.pause()
def azureml_main():
    signal.signal(signal.SIGUSR1, lambda *_: None)
    print('begun', flush=True)
    signal.pause()
    for _ in range(12):
        multiprocessing.get_context('fork').Process(target=hold).start()
    signal.pause()
"""


def run(*words, check=True, **more):
    done = subprocess.run([*map(str, words)], capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS,
                          stdin=subprocess.DEVNULL, **more)
    assert not check or done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


def quern(*words, **more):
    return run("/usr/bin/quern", *words, env={**os.environ, "QUERN_REDIS_URL": "redis://127.0.0.1:6379"}, **more)


def show(name):
    return run("systemctl", "show", "--value", "-p", name, "quernd").strip()


def events(event):
    """Those of quernd's log that this boot has."""
    lines = run("journalctl", "-u", "quernd", "-o", "cat", "--no-pager").splitlines()
    return [record for line in lines if line.startswith("{") and (record := json.loads(line))["event"] == event]


def running(group, program):
    """The pid of the first that runs it in the group; None while there is none."""
    pids = (group / "cgroup.procs").read_text().split() if group.exists() else []
    return next((one.pid for one in everything() if str(one.pid) in pids and one.exe == program), None)


def in_main(program):
    return running(GROUP / "main", program)


def state(job):
    return json.loads(quern("inspect", job))["state"]


def submit(tmp_path, text, *options):
    path = tmp_path / "script.py"
    path.write_text(text)
    return quern("submit", path, "--no-check", "--timeout", "600s", *options).strip()


def began(job):
    eventually(lambda: "begun" in quern("logs", job), "the script runs")


def group_of(**limits):
    def found():
        return [one for one in GROUP.glob("job.*") if all(figures(one, name).get("") == value for name, value in limits.items())]
    return eventually(found, f"a group with {limits}")[0]


@pytest.fixture(scope="module")
def installed():
    run("cmake", "--install", ROOT / "build", "--prefix", "/usr")


@pytest.fixture(scope="module")
def unit(installed):
    """Enabled and up. pytest shows the journal when a test failed."""
    pathlib.Path("/etc/quern").mkdir()
    pathlib.Path("/etc/quern/quernd.ini").write_text(SETTINGS)
    shutil.copy(ROOT / "deploy/quernd.service", "/etc/systemd/system")
    pathlib.Path("/etc/systemd/system/quernd.service.d").mkdir()
    pathlib.Path("/etc/systemd/system/quernd.service.d/slow.conf").write_text(SLOW)
    run("systemctl", "start", "redis-server")
    try:
        run("systemctl", "enable", "--now", "quernd")
        yield
    finally:
        print(run("journalctl", "-u", "quernd", "-u", "redis-server", "-o", "short-monotonic", "--no-pager", "-n", 150))


def test_b_the_unit_is_up_with_a_cgroup(unit):
    assert (show("ActiveState"), show("ControlGroup"), show("Delegate")) == ("active", "/system.slice/quernd.service", "yes")
    up = events("environment up")
    assert [(one["jail"], one["memory_bound"]) for one in up] == [("full", "cgroup")]
    assert in_main("quernd") == int(show("MainPID"))
    assert {"memory", "pids", "cpu"} <= set((GROUP / "cgroup.subtree_control").read_text().split())


def test_b_doctor_says_what_was_delegated(unit):
    delegated = run("systemd-run", "--pipe", "--wait", "-q", "-p", "Delegate=yes", "-E", "QUERN_REDIS_URL=redis://127.0.0.1:6379",
                    "/usr/bin/quern", "doctor", check=False)
    assert re.search(r"jail +full; memory is bounded by a cgroup", delegated), delegated
    here = quern("doctor", check=False)
    assert re.search(r"jail +full; memory is bounded by looking at all processes of a job \(polled\)", here), here


def test_l_a_job_over_memory_is_ended_by_its_cgroup(unit, tmp_path):
    """While its worker, which looks, stands still; and the unit stays as it is."""
    pid = show("MainPID")
    job = submit(tmp_path, FILLS, "--memory", "200M", "--disk", "100M")
    began(job)
    group, worker = group_of(**{"memory.max": 300 << 20}), in_main("quern-worker")
    os.kill(worker, signal.SIGSTOP)
    os.kill(running(group, "quern-python"), signal.SIGUSR1)
    eventually(lambda: figures(group, "memory.events").get("oom_kill", 0) > 0, "the kernel has killed")
    os.kill(worker, signal.SIGCONT)
    eventually(lambda: state(job) == "failed", "the job has ended")
    record = json.loads(quern("inspect", job))
    assert "limit:memory" in json.dumps(record), record
    eventually(lambda: not group.exists(), "the group is gone")
    assert f"oom_memcg=/system.slice/quernd.service/{group.name}" in run("journalctl", "-k", "--no-pager", "-o", "cat")
    assert (show("ActiveState"), show("MainPID"), show("NRestarts")) == ("active", pid, "0")


def test_c_systemd_starts_it_again(unit, tmp_path):
    before = int(show("MainPID"))
    os.kill(before, signal.SIGKILL)
    eventually(lambda: in_main("quernd") not in (None, before) and show("ActiveState") == "active", "systemd has started it again")
    assert [(one["jail"], one["memory_bound"]) for one in events("environment up")] == [("full", "cgroup")] * 2
    job = submit(tmp_path, "def azureml_main():\n    print(open('/proc/self/cgroup').read())\n")
    eventually(lambda: state(job) == "succeeded", "a job after that")
    assert re.search(r"^0::/system.slice/quernd.service/job\.\d+$", quern("logs", job), re.M)


def test_b_reload_and_stop_leave_nothing(unit, tmp_path):
    """A job that runs goes back to the queue."""
    mounts = run("findmnt", "-rno", "TARGET")
    run("systemctl", "reload", "quernd")
    job = submit(tmp_path, WAITS)
    began(job)
    run("systemctl", "stop", "quernd")
    assert (show("ActiveState"), show("Result"), state(job)) == ("inactive", "success", "queued")
    assert not GROUP.exists() and not pathlib.Path("/run/quern").exists()
    assert [one for one in everything() if one.exe.startswith("quern")] == []
    assert run("findmnt", "-rno", "TARGET") == mounts


def test_b_quern_run_in_a_group_of_its_own(installed):
    """As docs/operations.md says it: a unit of an ordinary user, and a scope of root's."""
    path = pathlib.Path("/var/tmp/script.py")
    path.write_text("def azureml_main():\n    print(open('/proc/self/cgroup').read())\n")
    run("useradd", "--uid", USER, "ordinary")
    said = run("systemd-run", "--pipe", "--wait", "-q", "-u", "quern-run", "--uid=ordinary", "-p", "Delegate=yes",
               "-p", "WorkingDirectory=/tmp", "-E", "HOME=/tmp", "/usr/bin/quern", "run", path)
    assert re.search(r"^0::/system.slice/quern-run.service/job\.\d+$", said, re.M), said
    said = run("systemd-run", "--scope", "-q", "-p", "Delegate=yes", "/usr/bin/quern", "run", path, cwd="/var/tmp")
    assert re.search(r"^0::/system.slice/run-.*\.scope/job\.\d+$", said, re.M), said
