# SPDX-License-Identifier: Apache-2.0
"""Limits of a job as a whole: what its processes use together, and what they only share."""
import functools
import os
import re
import signal
import struct
import subprocess

import pytest

from arrow_file import FLOAT, Array, Field, File, Scalar, with_zstd
from fleet import QUERN, eventually
from runs import Run

TOGETHER = """
import mmap, multiprocessing, os, signal, time
MIB = 1 << 20
def hold(mib):
    held = bytearray(os.urandom(MIB) * mib)
    signal.pause()
def azureml_main(dataframe1=None):
    fork = multiprocessing.get_context("fork")
"""


def script(body):
    return TOGETHER + "".join(f"    {line}\n" for line in body.splitlines())


def beyond_memory(run, limit):
    """Failed as limit:memory with the figure of the whole tree."""
    message = run.job["message"]
    assert (run.code, run.job["reason"]) == (137, "limit:memory"), run.stderr
    found = re.fullmatch(rf"the script's processes took (\d+) MiB of memory, more than their limit of {limit} MiB", message)
    assert found and int(found[1]) >= limit, message


def test_l_memory_of_many_processes(quern):
    run = quern(script("for _ in range(12): fork.Process(target=hold, args=(100,)).start()\nsignal.pause()"),
                "--memory", "512M")
    assert run.job["jail"]["bound"] == os.environ.get("QUERN_BOUND", "polled")
    beyond_memory(run, 512)


def test_l_memory_of_processes_that_nobody_waits_for(quern):
    """Who is left by its parent belongs to the tree."""
    run = quern(script("for _ in range(12):\n    if os.fork() == 0:\n        if os.fork() == 0: hold(100)\n"
                       "        os._exit(0)\nsignal.pause()"), "--memory", "512M")
    beyond_memory(run, 512)


def test_l_the_file_of_a_result(quern):
    """Written, never mapped: no limit of an address space sees it. 900 MB that are a hole in the work directory."""
    run = quern(script("import quern\nopen('hole', 'wb').truncate(900 * MIB)\nquern.output('hole', quern.File('hole'))"),
                "--memory", "512M")
    beyond_memory(run, 512)


def test_l_shared_memory_without_a_file(quern):
    """Each piece is mapped in a process of its own. Where looking bounds memory it is a file of the job's."""
    run = quern(script("for _ in range(12):\n    memory = mmap.mmap(-1, 100 * MIB)\n    memory[:] = bytes(100 * MIB)\n"
                       "    fork.Process(target=signal.pause, daemon=True).start()\nsignal.pause()"),
                "--memory", "512M", "--disk", "512M")
    if run.job["jail"]["bound"] == "cgroup":
        beyond_memory(run, 512)
    else:
        full = "[Errno 28] No space left on device (the limit is 512 MiB in 65536 files, 4 GiB each)"
        assert (run.job["reason"], run.job["message"]) == ("limit:disk", full)


READ = """
import multiprocessing, numpy
kept = None
def total(_):
    return float(kept.sum())
def azureml_main(dataframe1=None):
    global kept
    kept = {kept}
    with multiprocessing.get_context("fork").Pool(8) as pool:
        sums = pool.map(total, range(24), chunksize=1)
    assert len(set(sums)) == 1
"""


def test_l_what_processes_share_counts_once(quern):
    """An array of 300 MB that eight more processes read is 300 MB."""
    run = quern(READ.format(kept="numpy.ones(300 << 17)"), "--memory", "512M")
    assert run.code == 0, run.stderr


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """400 MB of ones, in a small file."""
    file, rows = File([Field("c", (FLOAT, {0: Scalar("h", 2)}))]), 40 << 17
    ones, compress = Array(rows, 0, [b"", struct.pack("d", 1) * rows]), functools.cache(with_zstd)
    for _ in range(10):
        file.batch(ones, compress=compress)
    path = tmp_path_factory.mktemp("tree") / "ones.arrow"
    path.write_bytes(file.bytes())
    return path


def test_l_inputs_are_apart(quern, dataset):
    """Read by nine processes under a limit that is smaller."""
    run = quern(READ.format(kept="dataframe1.c.to_numpy()"), "--dataframe1", dataset, "--memory", "256M")
    assert run.code == 0, run.stderr


def test_l_a_copy_of_an_input_counts(quern, dataset):
    """Each process changes the input for itself."""
    run = quern(script("import numpy\n"
                       "def change():\n    dataframe1.c.to_numpy()[:] = 2\n    signal.pause()\n"
                       "for _ in range(8): fork.Process(target=change).start()\nsignal.pause()"),
                "--dataframe1", dataset, "--memory", "512M")
    beyond_memory(run, 512)


def test_b_shared_memory_of_multiprocessing_is_of_the_work_directory(quern):
    """/dev/shm has the limit of the work directory, not that of the memory: 300 MB in it beside 300 MB of memory."""
    run = quern(script("from multiprocessing import shared_memory\n"
                       "made = shared_memory.SharedMemory(create=True, size=300 * MIB)\n"
                       "def fill(): made.buf[:] = os.urandom(MIB) * 300\n"
                       "filler = fork.Process(target=fill)\nfiller.start()\nfiller.join()\n"
                       "made.close()\nheld = os.urandom(MIB) * 300\n"
                       "time.sleep(0.5)\n"
                       "made.unlink()"), "--memory", "512M")
    assert run.code == 0, run.stderr


def test_l_memory_of_a_process_whose_first_thread_is_gone(quern):
    """Its status has no figures any more; those of its other threads have."""
    run = quern(script("import ctypes, threading\n"
                       "def rest():\n    for _ in range(12):\n        if os.fork() == 0:\n"
                       "            threading.Thread(target=hold, args=(100,)).start()\n"
                       "            ctypes.CDLL(None).syscall(60, 0)\n"
                       "    signal.pause()\n"
                       "rest()"), "--memory", "512M", "--timeout", "60s")
    beyond_memory(run, 512)


MANY = """
import os, signal
held = bytearray(os.urandom(1 << 20) * 40)
def azureml_main():
    for _ in range(400):
        if os.fork() == 0:
            signal.pause()
    signal.pause()
"""


def test_l_many_large_processes_are_counted_before_they_are_weighed(tmp_path):
    """At level user, where without a cgroup the kernel counts for nobody: to weigh them all takes longer than the job may."""
    path = tmp_path / "many.py"
    path.write_text(MANY)
    done = subprocess.run(["unshare", "-r", QUERN, "run", path, "-o", tmp_path / "out", "--memory", "4G", "--timeout", "30s"],
                          capture_output=True, text=True, check=False)
    run = Run(done, tmp_path / "out")
    assert (run.code, run.job["reason"], run.job["jail"]["level"]) == (1, "limit:processes", "user"), run.stderr
    looked = r"the script had \d+ processes and threads, more than its limit of 256"
    refused = re.escape("[Errno 11] Resource temporarily unavailable (the limit is 256 processes and threads)")
    assert re.fullmatch(refused if run.job["jail"]["bound"] == "cgroup" else looked, run.job["message"])


# Waits for a word of the test's, asks for what its worker cannot get now, and grows meanwhile.
GROW = """
import ctypes, multiprocessing, os, signal, threading, time
import quern
def hold():
    held = os.urandom(1 << 20) * 100
    signal.pause()
def azureml_main():
    ctypes.CDLL(None).prctl(15, b"greedy")
    print("begun", flush=True)
    while not quern.exists("team/go"):
        time.sleep(0.01)
    threading.Thread(target=quern.read, args=("team/slow",)).start()
    for _ in range(12):
        multiprocessing.get_context("fork").Process(target=hold).start()
    signal.pause()
"""


def test_l_memory_is_looked_at_while_the_worker_waits_for_a_service(fleet, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("a\n1\n")
    host = fleet.host(environments={"standby": 0})
    fleet.says("dataset", "put", table, "team/slow")
    job = fleet.submit(GROW, "--read", "team", "--memory", "512M")
    fleet.begun(job)
    assert [one for one in host.processes() if one.name == "greedy"]
    codecs = [one.pid for one in host.processes("quern-codec")]
    for pid in codecs:
        os.kill(pid, signal.SIGSTOP)
    fleet.says("dataset", "put", table, "team/go")
    eventually(lambda: not [one for one in host.processes() if one.name == "greedy"], "the tree is dead", 30)
    assert host.stopped("quern-codec") == codecs
    for pid in codecs:
        os.kill(pid, signal.SIGCONT)
    record = fleet.in_state(job, "failed")
    assert record["reason"] == "limit:memory", record


# As many processes as there may be, none of which ends by itself.
ALL = """
import os, signal
def azureml_main():
    made = 0
    try:
        while os.fork():
            made += 1
        signal.pause()
    except BlockingIOError:
        print(os.getuid(), made)
"""


def test_l_the_uid_of_a_job_is_free_again_when_it_has_ended(fleet):
    """The next job has the same one, and all of its limit."""
    fleet.host(environments={"standby": 0})
    jobs = [fleet.submit(ALL, "--processes", "40") for _ in range(3)]
    assert {fleet.wait(job) for job in jobs} == {"succeeded"}
    told = {fleet.says("logs", job) for job in jobs}
    assert len(told) == 1 and 30 < int(told.pop().split()[1]) < 40
