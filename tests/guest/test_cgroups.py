# SPDX-License-Identifier: Apache-2.0
"""`bound: cgroup`: memory, processes and CPU time of a job's tree are kept by the kernel, and no cgroup is left over.

One quernd as root, at the top of the hierarchy; at the end another as an ordinary user, in a group that was given to it.
"""
import json
import os
import re
import signal
import subprocess

import pytest

from conftest import CGROUPS, USER, figures, jobs, ours
from fleet import QUERN, eventually

COMMON = """
import mmap, multiprocessing, os, signal, sys, threading, time
MIB = 1 << 20
fork = multiprocessing.get_context("fork")
def hold(mib):
    held = bytearray(os.urandom(MIB) * mib)
    signal.pause()
def azureml_main(dataframe1=None):
"""
pytestmark = pytest.mark.usefixtures("host")


def script(body):
    return COMMON + "".join(f"    {line}\n" for line in body.splitlines())


def record_of(fleet, job):
    eventually(lambda: fleet.state(job) in ("succeeded", "failed", "cancelled"), f"{job} has ended")
    out = fleet.directory / job
    fleet.quern("result", job, "-o", out)
    return json.loads((out / "job.json").read_text())


def ran(fleet, body, *options):
    job = fleet.submit(script(body), *options, "--timeout", "300s")
    return record_of(fleet, job)


def failed(record, reason, message):
    assert (record["state"], record.get("reason")) == ("failed", reason), record
    assert re.fullmatch(message, record["message"]), record["message"]


def job_group(**limits):
    """The group of the one job that runs, by a figure of its own."""
    def found():
        return [one for one in jobs() if all(figures(one, name).get("") == value for name, value in limits.items())]
    return eventually(found, f"a group with {limits}")[0]


# ---- limits ----

def test_b_the_group_has_the_limits_and_the_record_tells(fleet, host):
    job = fleet.submit(script("print('begun', flush=True)\nsignal.pause()"), "--memory", "300M", "--disk", "100M",
                       "--processes", "77", "--timeout", "300s")
    eventually(lambda: "begun" in fleet.says("logs", job), "the script runs")
    group = job_group(**{"memory.max": 400 << 20, "pids.max": 77, "memory.swap.max": 0, "memory.oom.group": 1})
    assert group.parent.name == f"quern.{host.process.pid}"
    fleet.says("cancel", job)
    eventually(lambda: not group.exists(), "the group is gone")
    jail = record_of(fleet, job)["jail"]
    assert (jail["level"], jail["bound"], jail["landlock_abi"]) == ("full", "cgroup", 2)
    assert host.metric('quern_jail_level{environment="default",level="full",memory_bound="cgroup"}') == 3
    assert host.events("environment up")[0]["memory_bound"] == "cgroup"


@pytest.mark.parametrize("body", [
    "for _ in range(12): fork.Process(target=hold, args=(60,)).start()\nsignal.pause()",
    "for _ in range(12):\n    if os.fork() == 0:\n        if os.fork() == 0: hold(60)\n        os._exit(0)\nsignal.pause()",
    "files = [os.memfd_create('m') for _ in range(8)]\nwhile True:\n    for file in files: os.write(file, bytes(2 * MIB))",
], ids=["processes", "orphans", "memory files"])
def test_l_memory_of_a_tree(fleet, body):
    """However late somebody looks: with the work directory it is never more than both limits."""
    record = ran(fleet, body, "--memory", "300M", "--disk", "100M")
    failed(record, "limit:memory", r"the script's processes took (3\d\d|400) MiB of memory, more than their limit of 300 MiB")
    assert record["usage"]["peak_bytes"] > 300 << 20


def test_l_memory_that_no_look_sees(fleet):
    """Memory files on their way through a socket: nobody has them open."""
    record = ran(fleet, "import socket, array\nends = socket.socketpair()\nwhile True:\n"
                        "    file = os.memfd_create('m')\n    os.write(file, bytes(4 * MIB))\n"
                        "    ends[0].sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [file]))])\n"
                        "    os.close(file)", "--memory", "200M", "--disk", "100M")
    failed(record, "limit:memory", r"the script's processes took (2\d\d|300) MiB of memory, more than their limit of 200 MiB")


def test_l_the_kernel_keeps_the_limit_when_nobody_looks(fleet, host):
    """The worker, which looks, stands still."""
    job = fleet.submit(script("print('begun', flush=True)\ntime.sleep(20)\n"
                              "for _ in range(12): fork.Process(target=hold, args=(60,)).start()\nsignal.pause()"),
                       "--memory", "200M", "--disk", "100M", "--timeout", "300s")
    eventually(lambda: "begun" in fleet.says("logs", job), "the script runs")
    group = job_group(**{"memory.max": 300 << 20})
    held = open(group / "memory.events")  # noqa: SIM115  (also when the group is about to go)
    for pid in host.children("quern-worker"):
        os.kill(pid, signal.SIGSTOP)
    eventually(lambda: figures(group, "memory.events").get("oom_kill", 0) > 0, "the kernel has killed")
    assert figures(group, "memory.peak")[""] <= 300 << 20
    held.close()
    for pid in host.children("quern-worker"):
        os.kill(pid, signal.SIGCONT)
    failed(record_of(fleet, job), "limit:memory",
           "the script's processes took (2[0-9][0-9]|300) MiB of memory, more than their limit of 200 MiB")


def test_b_the_work_directory_has_its_own_limit(fleet):
    """200 MiB of files beside 200 MiB of memory."""
    record = ran(fleet, "open('file', 'wb').write(bytes(200 * MIB))\nopen('/dev/shm/s', 'wb').write(bytes(20 * MIB))\n"
                        "held = os.urandom(200 * MIB)\ntime.sleep(2)", "--memory", "256M", "--disk", "256M")
    assert record["state"] == "succeeded", record
    assert record["usage"]["peak_bytes"] > 400 << 20


def test_b_inputs_are_apart(fleet):
    """120 MB, read by five processes under a limit of 100 MiB."""
    job = fleet.submit("import numpy, pandas\ndef azureml_main():\n"
                       "    return pandas.DataFrame({'c': numpy.ones(15 << 20)})\n", "-o", "ones", "--timeout", "300s")
    eventually(lambda: fleet.state(job) == "succeeded", "the input is made")
    record = ran(fleet, "def total(_): return float(dataframe1.c.to_numpy().sum())\n"
                        "processes = [fork.Process(target=total, args=(0,)) for _ in range(4)]\n"
                        "for one in processes: one.start()\nassert total(0) == 15 << 20\n"
                        "for one in processes: one.join()", "--dataframe1", "ones", "--memory", "100M")
    assert record["state"] == "succeeded", record


def test_l_processes(fleet):
    record = ran(fleet, "while True:\n    if os.fork() == 0: signal.pause()", "--processes", "20")
    failed(record, "limit:processes", r"\[Errno 11\] Resource temporarily unavailable \(the limit is 20 processes and threads\)")


def test_l_cpu_time_of_orphans_that_have_ended(fleet):
    """Nobody waits for them, and no process of the tree tells of them any more."""
    record = ran(fleet, "while True:\n    if os.fork() == 0:\n        if os.fork() == 0:\n"
                        "            end = time.process_time() + 0.5\n            while time.process_time() < end: pass\n"
                        "        os._exit(0)\n    os.wait()\n    time.sleep(0.3)", "--cpu", "3s")
    failed(record, "limit:cpu", r"the script used more than its CPU time limit of 3 s")
    assert record["usage"]["user_ms"] + record["usage"]["system_ms"] > 3000


def test_b_a_standby_child_is_in_its_group_before_it_has_a_job(host):
    """Only a standby child is left, in a group without limits yet."""
    group = job_group(**{"pids.current": 1})
    assert (group / "memory.max").read_text() == "max\n"


# ---- leftovers ----

def begin(fleet):
    job = fleet.submit(script("print('begun', flush=True)\nsignal.pause()"), "--memory", "333M", "--timeout", "600s")
    eventually(lambda: "begun" in fleet.says("logs", job), "the script runs")
    return job, job_group(**{"memory.max": (333 << 20) + (1 << 30)})


@pytest.mark.parametrize("victim", ["quern-worker", "quern-python"])
def test_c_who_dies_leaves_no_group(fleet, host, victim):
    job, group = begin(fleet)
    holder = [pid for pid in host.children(victim)]
    for pid in holder:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: not group.exists(), "the group is gone")
    fleet.says("cancel", job)
    eventually(lambda: fleet.state(job) == "cancelled", "the job is gone")
    host.ready()
    eventually(lambda: len(jobs()) == 1 and figures(jobs()[0], "pids.current").get("") == 1, "one standby child")


def test_c_the_next_start_removes_what_a_dead_supervisor_left(fleet, host):
    """And leaves alone what is another's."""
    job, _ = begin(fleet)
    before = ours()
    assert [one.name for one in before] == [f"quern.{host.process.pid}"]
    host.kill()
    assert ours() == before
    fleet.says("cancel", job)
    host.start()
    host.ready()
    assert [one.name for one in ours()] == [f"quern.{host.process.pid}"]
    done = subprocess.run([QUERN, "run", fleet.script("def azureml_main(): print(open('/proc/self/cgroup').read())")],
                          env=fleet.environment, capture_output=True, text=True, check=False, cwd=fleet.directory)
    assert re.search(r"^0::/quern\.\d+/job\.\d+$", done.stdout, re.M), done.stdout + done.stderr
    assert [one.name for one in ours()] == [f"quern.{host.process.pid}"]


def test_b_nothing_is_left_in_the_end(host):
    assert host.drain() == 0
    assert ours() == []


# ---- a group that was given to us ----

@pytest.fixture
def service():
    """As systemd's Delegate= gives it to a service of a user."""
    group = CGROUPS / "service"
    group.mkdir()
    for name in ("memory", "pids", "cpu"):
        (CGROUPS / "cgroup.subtree_control").write_text(f"+{name}")
    for path in (group, group / "cgroup.procs", group / "cgroup.subtree_control", group / "cgroup.threads"):
        os.chown(path, USER, USER)
    yield group
    group.rmdir()


def enter(group):
    """For preexec_fn: into the group, then no more than an ordinary user."""
    def change():
        (group / "cgroup.procs").write_text(str(os.getpid()))
        os.setgroups([])
        os.setresgid(USER, USER, USER)
        os.setresuid(USER, USER, USER)
    return change


def test_b_an_ordinary_user_has_the_group_that_it_was_given(service, tmp_path):
    os.chown(tmp_path, USER, USER)
    for parent in tmp_path.parents:
        parent.chmod(parent.stat().st_mode | 0o111)
    path = tmp_path / "script.py"
    path.write_text(script("print(open('/proc/self/cgroup').read(), flush=True)\nwhile True:\n    if os.fork() == 0: signal.pause()"))
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    done = subprocess.run([QUERN, "run", path, "--processes", "30", "--jail", "user"], cwd=tmp_path, env=environment,
                          capture_output=True, text=True, check=False, preexec_fn=enter(service))
    assert re.search(r"^0::/service/job\.\d+$", done.stdout, re.M), done.stdout + done.stderr
    assert "[Errno 11] Resource temporarily unavailable (the limit is 30 processes and threads) (limit:processes)" in done.stderr
    assert [one for one in service.iterdir() if one.is_dir()] == []
    assert (service / "cgroup.subtree_control").read_text() == ""
