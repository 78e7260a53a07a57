# SPDX-License-Identifier: Apache-2.0
"""Every limit of a job can be asked for, is in its record, and is named with its figure when it is what ends the job."""
import json
import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from fleet import QUERN, RELEASE

NOTHING = "def azureml_main():\n    pass\n"

# Who is no root has one uid for all children: they are counted, and killed.
kernel_refuses = pytest.mark.skipif(os.geteuid() != 0, reason="children have no uid of their own")


def failed(run, code, reason, message):
    assert (run.code, run.job["reason"], run.job["message"]) == (code, reason, message), run.stderr


def test_b_what_was_asked_for_is_in_the_record(quern):
    run = quern(NOTHING, "--timeout", "90s", "--memory", "1G", "--cpu", "30s", "--processes", "50", "--open-files", "64",
                "--disk", "32M", "--disk-files", "99", "--file", "16M", "--result", "64M", "--output-limit", "1M",
                "--pictures", "3", "--picture-pixels", "1000", "--files", "4", "--files-size", "5M",
                "--bundle-entries", "5", "--bundle-size", "6M", "--bundle-ratio", "7")
    assert run.code == 0, run.stderr
    assert run.job["limits"] == {
        "memory_bytes": 1 << 30, "mapped_bytes": 0, "work_bytes": 32 << 20, "work_files": 99, "file_bytes": 16 << 20,
        "processes": 50, "open_files": 64, "cpu_seconds": 30, "time_ms": 90000, "result_bytes": 64 << 20,
        "output_bytes": 1 << 20, "pictures": 3, "picture_pixels": 1000, "files": 4, "files_bytes": 5 << 20,
        "bundle_entries": 5, "bundle_bytes": 6 << 20, "bundle_ratio": 7}
    assert run.job["limits_from"] == {name: "asked" for name in run.job["limits"] if name != "mapped_bytes"}


@pytest.mark.parametrize("flag, value, message", [
    ("--processes", "0", "error: --processes: expected 1 to 1048576, found '0'\n"),
    ("--open-files", "15", "error: --open-files: expected 16 to 1048576, found '15'\n"),
    ("--pictures", "201", "error: --pictures: expected 1 to 200, found '201'\n"),
    ("--disk", "1000", "error: --disk: expected 1M to 1024T, found '1000'\n"),
])
def test_b_what_no_job_may_have_is_a_usage_error(quern, flag, value, message):
    run = quern(NOTHING, flag, value)
    assert (run.code, run.stderr) == (2, message)


def test_l_time(quern):
    failed(quern("import time\ndef azureml_main():\n    time.sleep(60)\n", "--timeout", "1500ms"), 124, "limit:time",
           "the script ran longer than its time limit of 1500 ms")


def test_l_cpu_time_within_the_limit(served):
    """Nearly all of it may be used, and is in the record. (What a child did before it had its job is not: unit_standby.)"""
    run = served("import time\ndef azureml_main():\n    begin = time.process_time()\n"
                 "    while time.process_time() < begin + 0.9: pass\n", "--cpu", "1s")
    assert run.code == 0, run.stderr
    assert 900 <= run.job["usage"]["user_ms"] + run.job["usage"]["system_ms"] < 1000


def test_l_cpu_time_of_one_process(served):
    failed(served("def azureml_main():\n    while True: pass\n", "--cpu", "1s"), 124, "limit:cpu",
           "the script used more than its CPU time limit of 1 s")


def test_l_cpu_time_of_one_process_that_ignores_the_signal(served):
    run = served("import signal\ndef azureml_main():\n    signal.signal(signal.SIGXCPU, signal.SIG_IGN)\n"
                "    while True: pass\n", "--cpu", "1s")
    assert (run.code, run.job["reason"]) == (124, "limit:cpu"), run.stderr


def test_l_cpu_time_of_all_processes(served):
    """None of them has used up the limit by itself."""
    failed(served("import os\ndef azureml_main():\n    for _ in range(4):\n        if os.fork() == 0:\n"
                 "            while True: pass\n    os.wait()\n", "--cpu", "1s"), 124, "limit:cpu",
           "the script used more than its CPU time limit of 1 s")


def test_l_cpu_time_of_processes_that_have_ended(served):
    failed(served("import os, time\ndef azureml_main():\n    while True:\n        if os.fork() == 0:\n"
                 "            end = time.process_time() + 0.3\n            while time.process_time() < end: pass\n"
                 "            os._exit(0)\n        os.wait()\n", "--cpu", "1s"), 124, "limit:cpu",
           "the script used more than its CPU time limit of 1 s")


def test_l_processes(served):
    run = served("import os, signal\ndef azureml_main():\n    while True:\n        if os.fork() == 0: signal.pause()\n",
                "--processes", "40")
    if os.geteuid() == 0:
        failed(run, 1, "limit:processes",
               "[Errno 11] Resource temporarily unavailable (the limit is 40 processes and threads)")
    else:  # one uid for all children: they are counted, and killed
        assert (run.code, run.job["reason"]) == (1, "limit:processes"), run.stderr


def test_l_threads(served):
    run = served("import threading\ndef azureml_main():\n    end = threading.Event()\n    while True:\n"
                "        threading.Thread(target=end.wait, daemon=True).start()\n", "--processes", "40", "--memory", "4G")
    if os.geteuid() == 0:
        failed(run, 1, "limit:processes", "can't start new thread (the limit is 40 processes and threads)")
    else:
        assert (run.code, run.job["reason"]) == (1, "limit:processes"), run.stderr


# ---- limits that something else hides: named all the same, with their figure ----

THREADS = "import threading\ndef azureml_main():\n    end = threading.Event()\n"
START = "threading.Thread(target=end.wait, daemon=True).start()\n"
AT_WORK = "the script reached its limit of 2 MiB in 65536 files, 4 GiB each (--disk, --disk-files, --file)"


@kernel_refuses
def test_l_processes_of_a_pool_that_has_buried_them(served):
    failed(served("import multiprocessing\ndef azureml_main():\n    with multiprocessing.Pool(8) as pool:\n"
                  "        pool.map(abs, range(3))\n", "--processes", "4"), 1, "limit:processes",
           "[Errno 11] Resource temporarily unavailable (the limit is 4 processes and threads)")


@kernel_refuses
def test_l_processes_of_an_executor_that_does_not_end(served):
    """CPython's own behaviour: the workers that it has begun are waited for, and nobody tells them to end."""
    run = served("import concurrent.futures\ndef azureml_main():\n"
                 "    with concurrent.futures.ProcessPoolExecutor(8) as pool:\n        list(pool.map(abs, range(30)))\n",
                 "--processes", "6", "--timeout", "4s")
    failed(run, 124, "limit:time", "the script ran longer than its time limit of 4 s")
    assert run.job["warnings"] == ["the script had failed before: [Errno 11] Resource temporarily unavailable (the limit is "
                                   "6 processes and threads)"]
    assert "hint: the job ends when processes that the script began have ended: " in run.script_err


@kernel_refuses
def test_l_threads_of_an_executor_that_has_joined_them(served):
    failed(served("import time\nfrom concurrent.futures import ThreadPoolExecutor\ndef azureml_main():\n"
                  "    with ThreadPoolExecutor(60) as pool:\n        for _ in range(60): pool.submit(time.sleep, 0.1)\n",
                  "--processes", "20", "--memory", "4G"), 1, "limit:processes",
           "can't start new thread (the limit is 20 processes and threads)")


def test_l_memory_for_the_stacks_of_threads(served):
    failed(served(THREADS + "    for _ in range(60): " + START, "--memory", "128M"), 137, "limit:memory",
           "the script needed more than its memory limit of 128 MiB: can't start new thread")


def test_l_memory_for_the_stacks_of_threads_that_were_joined(served):
    failed(served("import time\nfrom concurrent.futures import ThreadPoolExecutor\ndef azureml_main():\n"
                  "    with ThreadPoolExecutor(60) as pool:\n        for _ in range(60): pool.submit(time.sleep, 0.1)\n",
                  "--memory", "128M"), 137, "limit:memory",
           "the script needed more than its memory limit of 128 MiB: can't start new thread")


def test_l_a_failure_with_little_memory_is_not_for_lack_of_it(served):
    """A thread would find no room for its stack."""
    run = served("def azureml_main(): 1 / 0\n", "--memory", "4M")
    failed(run, 1, "exception", "ZeroDivisionError: division by zero")
    assert run.job["warnings"] == []


def test_l_memory_that_mmap_wants(served):
    failed(served("import mmap\ndef azureml_main():\n    mmap.mmap(-1, 1 << 30)\n", "--memory", "128M"), 137, "limit:memory",
           "the script needed more than its memory limit of 128 MiB: [Errno 12] Cannot allocate memory")


@pytest.mark.parametrize("more, said", [
    ("held.append(page(len(held)))", "OSError: [Errno 12] Cannot allocate memory"),
    ("threading.Thread(target=end.wait, daemon=True).start()", "RuntimeError: can't start new thread"),
])
def test_b_mappings_that_the_kernel_gives_no_more_of_are_no_memory(served, more, said):
    """vm.max_map_count is the machine's; neighbours of different rights do not become one."""
    most = int(Path("/proc/sys/vm/max_map_count").read_text(encoding="ascii"))
    assert most < 1 << 21, "more mappings than a test can make: sysctl vm.max_map_count=65530"
    run = served("import mmap, threading\ndef page(i):\n"
                 "    return mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_READ | (i % 2) * mmap.PROT_WRITE)\n"
                 + THREADS.partition("\n")[2] + "    held = []\n    try:\n        while True: held.append(page(len(held)))\n"
                 f"    except OSError: pass\n    while True: {more}\n", "--memory", f"{2 + (most >> 17)}G")
    failed(run, 1, "exception", said + ": the process has as many mappings as the kernel gives one")
    assert run.job["warnings"] == []


@kernel_refuses
def test_l_processes_of_other_programs(served):
    failed(served("import subprocess\ndef azureml_main():\n    held = [subprocess.Popen(['/bin/sleep', '9']) for _ in range(20)]\n",
                  "--processes", "8"), 1, "limit:processes",
           "[Errno 11] Resource temporarily unavailable (the limit is 8 processes and threads)")


@kernel_refuses
def test_l_a_fault_of_the_script_is_no_limit_that_it_has_reached(served):
    run = served(THREADS + "    try:\n        while True: " + START + "    except RuntimeError: pass\n"
                 "    raise RuntimeError('my own bug')\n", "--processes", "20", "--memory", "4G")
    failed(run, 1, "exception", "RuntimeError: my own bug")
    assert run.job["warnings"] == ["the script reached its limit of 20 processes and threads (--processes)"]


def test_l_a_fault_while_a_limit_was_handled_is_the_scripts(served):
    run = served("def azureml_main():\n    try: bytearray(1 << 30)\n    except MemoryError: undefined\n", "--memory", "128M")
    failed(run, 1, "exception", "NameError: name 'undefined' is not defined")
    assert run.job["warnings"] == ["the script reached its limit of 128 MiB of memory (--memory)"]


def test_l_a_limit_that_is_told_to_be_the_cause(served):
    failed(served("def azureml_main():\n    try: bytearray(1 << 30)\n"
                  "    except MemoryError as error: raise ValueError('too large') from error\n", "--memory", "128M"),
           137, "limit:memory", "the script needed more than its memory limit of 128 MiB: too large: ")


@pytest.mark.parametrize("script, message", [
    ("    np.save('a.npy', np.zeros(1 << 20))\n", "OSError: 1048576 requested and 261616 written"),
    ("    np.zeros(1 << 20).tofile('a')\n", "OSError: 1048576 requested and 261632 written"),
    ("    rows = sqlite3.connect('a')\n    rows.execute('create table t (b blob)')\n"
     "    for _ in range(40): rows.execute('insert into t values (?)', (bytes(1 << 17),))\n",
     "OperationalError: database or disk is full"),
    ("    try: open('a', 'wb').write(bytes(3 << 20))\n    except OSError: raise ValueError('no') from None\n", "ValueError: no"),
])
def test_l_disk_in_other_words(served, script, message):
    run = served("import sqlite3\nimport numpy as np\ndef azureml_main():\n" + script, "--disk", "2M")
    failed(run, 1, "exception", message)
    assert run.job["warnings"] == [AT_WORK]


@pytest.mark.parametrize("end, reason", [("os._exit(3)", "exit:3"), ("os.abort()", "signal:SIGABRT"), ("pass", None)])
def test_l_disk_of_a_script_that_says_nothing_of_it(served, end, reason):
    run = served(f"import os\ndef azureml_main():\n    try: open('f', 'wb').write(bytes(3 << 20))\n    except OSError: {end}\n",
                 "--disk", "2M")
    assert (run.job.get("reason"), run.job["warnings"]) == (reason, [AT_WORK]), run.stderr


@pytest.mark.parametrize("file", ["'f'", "tempfile.TemporaryFile(dir='.')"])
def test_l_disk_of_a_mapped_file(served, file):
    failed(served("import tempfile\nimport numpy as np\ndef azureml_main():\n"
                  f"    np.memmap({file}, mode='w+', shape=8 << 20, dtype='u1')[:] = 1\n", "--disk", "2M"), 1, "limit:disk",
           "a page of a mapped file was missing, and the disk is full (the limit is 2 MiB in 65536 files, 4 GiB each)")


def test_l_disk_that_is_full_and_a_mapped_file_that_is_too_short(served):
    """Nobody knows which of the two it was."""
    failed(served("import mmap, os\ndef azureml_main():\n    file = os.open('f', os.O_CREAT | os.O_RDWR)\n"
                  "    os.ftruncate(file, 8192)\n    memory = mmap.mmap(file, 8192)\n    os.ftruncate(file, 0)\n"
                  "    try: open('a', 'wb').write(bytes(3 << 20))\n    except OSError: memory[0]\n", "--disk", "2M"), 1, "limit:disk",
           "a page of a mapped file was missing, and the disk is full (the limit is 2 MiB in 65536 files, 4 GiB each)")


def test_l_disk_of_a_file_that_another_process_mapped(served):
    run = served("import multiprocessing, os\nimport numpy as np\n"
                 "def write(): np.memmap('f', mode='w+', shape=8 << 20, dtype='u1')[:] = 1\n"
                 "def azureml_main():\n    one = multiprocessing.Process(target=write)\n    one.start()\n    one.join()\n"
                 "    os.remove('f')\n    raise ValueError(one.exitcode)\n", "--disk", "2M")
    failed(run, 1, "exception", "ValueError: -7")
    assert run.job["warnings"] == [AT_WORK]


def test_b_a_mapped_file_that_is_too_short_is_no_limit(served):
    run = served("import mmap, os\ndef azureml_main():\n    file = os.open('f', os.O_CREAT | os.O_RDWR)\n"
                 "    os.ftruncate(file, 8192)\n    memory = mmap.mmap(file, 8192)\n    os.ftruncate(file, 0)\n    memory[0]\n")
    failed(run, 1, "signal:SIGBUS", "the script's process died of SIGBUS")


def test_l_shared_memory_without_room_leaves_what_stood_at_its_place(served):
    """With MAP_FIXED; where a cgroup bounds memory it needs no room on the disk."""
    run = served("import ctypes, mmap\nMIB = 1 << 20\ndef azureml_main():\n"
                 "    library = ctypes.CDLL(None, use_errno=True)\n    place = library.mmap\n    place.restype = ctypes.c_void_p\n"
                 "    place.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + 3 * [ctypes.c_int] + [ctypes.c_long]\n"
                 "    both = mmap.PROT_READ | mmap.PROT_WRITE\n"
                 "    old = place(None, 8 * MIB, both, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)\n"
                 "    ctypes.memset(old, 7, 8 * MIB)\n"
                 "    got = place(old, 8 * MIB, both, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS | 0x10, -1, 0)\n"
                 "    print('moved' if got == old else ctypes.get_errno(), ctypes.string_at(old, 8 * MIB).count(7) // MIB)\n"
                 "    new = place(old, MIB, both, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS | 0x10, -1, 0)\n"
                 "    print(new == old, ctypes.string_at(old, 8 * MIB).count(7) // MIB)\n", "--disk", "2M")
    assert run.code == 0, run.stderr
    if run.job["jail"]["bound"] == "polled":
        assert run.script_out == "28 8\nTrue 7\n"


@pytest.mark.parametrize("flags, script, reason, message", [
    (["--file", "100K"], "open('a', 'wb').write(bytes(1 << 20))", "limit:disk",
     "[Errno 27] File too large (the limit is 1 GiB in 65536 files, 100 KiB each)"),
    (["--disk", "1536K"], "open('a', 'wb').write(bytes(4 << 20))", "limit:disk",
     "[Errno 28] No space left on device (the limit is 1536 KiB in 65536 files, 4 GiB each)"),
    (["--memory", "1536K"], "bytearray(300 << 20)", "limit:memory",
     "the script needed more than its memory limit of 1536 KiB"),
])
def test_l_figures_are_not_rounded(served, flags, script, reason, message):
    run = served(f"def azureml_main():\n    {script}\n", *flags)
    assert (run.job["reason"], run.job["message"]) == (reason, message), run.stderr


ALL_FILES = "def azureml_main():\n    held = []\n    while True: held.append(open('/dev/null'))\n"


def test_l_open_files(served):
    run = served(ALL_FILES, "--open-files", "40")
    failed(run, 1, "limit:open_files", "[Errno 24] Too many open files: '/dev/null' (the limit is 40 open files)")


@pytest.fixture
def few_files(quern, tmp_path, monkeypatch):
    """`quern` on a host that gives a process 2000 open files. A shell lowers them: who is no root could not raise them again."""
    few = tmp_path / "quern"
    few.write_text(f'#!/bin/sh\nulimit -n 2000 && exec {QUERN} "$@"\n')
    few.chmod(0o755)
    monkeypatch.setitem(quern.__globals__, "QUERN", few)
    return quern


def test_l_open_files_that_the_host_does_not_give(few_files):
    run = few_files(ALL_FILES, "--open-files", "10000")
    failed(run, 1, "limit:open_files", "[Errno 24] Too many open files: '/dev/null' (the limit is 2000 open files, all that this "
                                       "host gives a process)")
    assert run.job["warnings"] == ["this host gives a process 2000 open files, not 10000 (--open-files; ulimit -Hn)"]


def test_b_open_files_that_the_host_gives_are_told_as_before(few_files):
    run = few_files(ALL_FILES, "--open-files", "2000")
    failed(run, 1, "limit:open_files", "[Errno 24] Too many open files: '/dev/null' (the limit is 2000 open files)")
    assert run.job["warnings"] == []


def test_b_a_socket_that_would_block_is_no_limit(served):
    failed(served("import os\ndef azureml_main():\n    r, w = os.pipe()\n    os.set_blocking(r, False)\n    os.read(r, 1)\n"),
           1, "exception", "BlockingIOError: [Errno 11] Resource temporarily unavailable")


def test_l_disk(served):
    failed(served("def azureml_main():\n    with open('f', 'wb') as file:\n        while True: file.write(bytes(1 << 20))\n",
                 "--disk", "32M"), 1, "limit:disk",
           "[Errno 28] No space left on device (the limit is 32 MiB in 65536 files, 4 GiB each)")


def test_l_files_are_those_that_the_script_adds(served):
    """Standby children, a fresh one of the same size perhaps, and what quern itself has in the directory is beside it."""
    one, another = "def azureml_main():\n    open('f', 'x').close()\n", "    os.mkdir('d')\n"
    for _ in range(2):
        run = served(one, "--disk-files", "1")
        assert run.code == 0, run.stderr
        failed(served("import os\n" + one + another, "--disk-files", "1"), 1, "limit:disk",
               "[Errno 28] No space left on device: 'd' (the limit is 1 GiB in 1 files, 4 GiB each)")


def test_l_one_file(served):
    failed(served("def azureml_main():\n    open('f', 'wb', 0).write(bytes(64 << 20))\n"
                 "    open('f', 'ab', 0).write(b'more')\n", "--file", "32M"), 1, "limit:disk",
           "[Errno 27] File too large (the limit is 1 GiB in 65536 files, 32 MiB each)")


def test_l_output_is_cut_behind_the_data(quern):
    run = quern("def azureml_main():\n    print('x' * 100)\n", "--output-limit", "10")
    assert (run.code, run.job["stdout"]) == (0, {"bytes": 101, "truncated": True}), run.stderr
    assert run.script_out == "xxxxxxxxxx\n[quern: cut here: 101 bytes came, the limit is 10]\n"
    assert run.job["warnings"] == ["stdout.txt: 91 bytes beyond the limit of 10 bytes were cut (--output-limit)"]


def test_l_pictures(served):
    run = served("import matplotlib.pyplot as plt\ndef azureml_main():\n    for i in range(5):\n"
                "        plt.figure(figsize=(1, 1))\n        plt.savefig(f'p{i}.png')\n", "--pictures", "2")
    assert (run.code, run.job["pictures"]["count"]) == (0, 2), run.stderr
    assert "3 pictures beyond the limit of 2 were left out (--pictures)" in run.job["warnings"]


def test_l_pixels_of_a_picture(served):
    run = served("import matplotlib.pyplot as plt\ndef azureml_main():\n    for size in (1, 2):\n"
                "        plt.figure(figsize=(size, size), dpi=10)\n        plt.savefig(f'p{size}.png')\n", "--picture-pixels", "100")
    assert (run.code, run.job["pictures"]) == (0, {"count": 1, "width": 10, "height": 10}), run.stderr
    assert run.job["warnings"] == ["p2.png: 20 x 20 pixels: expected at most 100 (--picture-pixels)"]


@pytest.mark.parametrize("script, flag, value, message", [
    ("import pandas as pd\ndef azureml_main():\n    return pd.DataFrame({'a': range(100000)})\n", "--file", "100K",
     "a result of 800320 bytes is larger than its limit of 100 KiB (--file)"),
    ("import pandas as pd\ndef azureml_main():\n    return pd.DataFrame({'a': range(100000)})\n", "--result", "100K",
     "a result is larger than the limit of 100 KiB for all of them (--result)"),
    ("import pandas as pd\ndef azureml_main():\n    frame = pd.DataFrame({'a': range(100000)})\n    return frame, frame\n",
     "--result", "1M", "all results together are larger than their limit of 1 MiB (--result)"),
])
def test_l_results(served, script, flag, value, message):
    failed(served(script, flag, value), 1, "limit:output", message)


@pytest.mark.parametrize("flags, message", [
    (["--bundle-entries", "2"], "expected at most 2 entries (--bundle-entries), found 3"),
    (["--bundle-size", "1M"], "expected at most 1048576 bytes unpacked (--bundle-size), found more"),
    (["--bundle-ratio", "9"], "expected at most 9 bytes unpacked for each of its {} bytes (--bundle-ratio), found more"),
    (["--disk", "8M", "--bundle-ratio", "2000"],
     "\"blank\": writing: No space left on device (the limit is 8 MiB in 65536 files, 4 GiB each)"),
])
def test_l_bundle(served, tmp_path, flags, message):
    with zipfile.ZipFile(tmp_path / "lib.zip", "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in (("a.py", b""), ("b.py", b""), ("blank", bytes(11_000_000))):
            bundle.writestr(name, content)
    failed(served(NOTHING, "--bundle", tmp_path / "lib.zip", *flags), 1, "limit:disk",
           "Script Bundle: " + message.format((tmp_path / "lib.zip").stat().st_size))


# ---- what a host and an environment say ----

def test_l_a_host_lowers_what_a_job_asks_for(fleet):
    fleet.host(limits={"memory": "256M", "time": "1s", "processes": "64"}).ready()
    job = fleet.submit("def azureml_main():\n while True: pass\n", "--memory", "8G")
    assert fleet.wait(job) == "failed"
    record = json.loads(fleet.bytes_of(f"job:{job}/job.json"))
    assert (record["reason"], record["message"]) == ("limit:time", "the script ran longer than its time limit of 1 s")
    limits = record["limits"]
    assert (limits["memory_bytes"], limits["time_ms"], limits["processes"]) == (256 << 20, 1000, 64)
    assert limits["open_files"] == 1024  # nobody spoke of it


@pytest.fixture
def small(tmp_path, monkeypatch):
    """An environment with words of its own; what `quern` says, with XDG_CONFIG_HOME set."""
    places = tmp_path / "config" / "quern" / "environments"
    places.mkdir(parents=True)
    (places / "small.conf").write_text("[environment]\npython = /usr/bin/python3\n[defaults]\ncpu = 70s\nfiles = 7\n"
                                       "[limits]\nmemory = 300M\ncpu = 90s\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    def says(*words):
        return subprocess.run([QUERN, *words], capture_output=True, text=True, check=True).stdout

    return says


def test_l_an_environment_has_defaults_and_bounds_here(quern, small):
    run = quern(NOTHING, "--env", "small", "--files", "9")
    assert run.code == 0, run.stderr
    assert run.job["limits_from"] == {"memory_bytes": "environment", "cpu_seconds": "environment", "files": "asked"}
    assert [run.job["limits"][name] for name in ("memory_bytes", "cpu_seconds", "files", "time_ms")] == [300 << 20, 70, 9, 3600000]
    asked = quern(NOTHING, "--env", "small", "--timeout", "10m").job  # as much CPU time as that allows, and no more than may be
    assert (asked["limits"]["cpu_seconds"], asked["limits_from"]["cpu_seconds"]) == (90, "environment")


def test_b_advice_says_whose_limit_it_was(quern, small):
    """More than the environment allows is not to be had by a flag alone."""
    hungry = "def azureml_main():\n    bytearray(700 << 20)\n"
    bounded, free = quern(hungry, "--env", "small", "--memory", "2G"), quern(hungry, "--memory", "300M")
    told = "  memory of 300M is the environment's word: --memory gives more, up to the most that its [limits] allow\n"
    assert bounded.code == free.code == 137 and told in bounded.stderr, bounded.stderr
    assert "  give it more memory with --memory\n" in free.stderr and told not in free.stderr, free.stderr


def test_b_what_an_environment_says_of_limits_is_shown(small):
    limits = json.loads(small("env", "show", "small", "--json"))["limits"]
    assert limits["memory_bytes"] == {"default": 300 << 20, "from": "environment", "most": 300 << 20}
    assert limits["files"] == {"default": 7, "from": "environment", "most": None}
    assert limits["pictures"] == {"default": 100, "from": "usual", "most": None}
    assert "          memory         300M, at most 300M  (its own)\n          cpu            70s, at most 90s  (its own)\n" in small(
        "env", "show", "small")
    assert "limits    jobs of the environment 'small' have, unless they ask: memory 300M, at most 300M; cpu 70s, at most 90s; files 7\n" in small(
        "doctor")


def test_l_a_default_of_the_host_and_one_of_the_environment_end_a_job(fleet):
    places = fleet.directory / "environments"
    places.mkdir()
    (places / "own.conf").write_text("[environment]\npython = /usr/bin/python3\n[defaults]\ntime = 1500ms\n")
    fleet.set_home("default,own")
    fleet.host(defaults={"time": "1s", "disk": "8M"}, limits={"processes": "64"},
               environments={"names": "default own", "directory": places, "standby": 0}).ready()
    forever, full = "def azureml_main():\n while True: pass\n", "def azureml_main():\n open('f', 'wb').write(bytes(9 << 20))\n"
    asked = {fleet.submit(*words): message for words, message in [
        ((forever,), "the script ran longer than its time limit of 1 s"),
        ((forever, "--env", "own"), "the script ran longer than its time limit of 1500 ms"),
        ((full,), "[Errno 28] No space left on device (the limit is 8 MiB in 65536 files, 4 GiB each)")]}
    for job, message in asked.items():
        assert fleet.wait(job) == "failed"
        assert json.loads(fleet.bytes_of(f"job:{job}/job.json"))["message"] == message
    first, second, _ = asked
    assert json.loads(fleet.redis("GET", fleet.key("spec", first)))["limits"] == {}  # it asked for nothing
    assert fleet.says("status", first).endswith("\n  limits: time 1s (host), processes 64 (host), disk 8M (host)\n")
    record = json.loads(fleet.says("status", second, "--json"))
    assert record["limits_from"] == {"time_ms": "environment", "processes": "host", "work_bytes": "host"}
    assert record["limits"]["time_ms"] == 1500


@pytest.mark.parametrize("line, message", [
    ("memory = much", 'line 4: memory: expected a size like 512M, 1M to 1024T, found "much"'),
    ("processes = 0", 'line 4: processes: expected a number, 1 to 1048576, found "0"'),
    ("time = 0s", 'line 4: time: expected a duration like 60s, 1ms to 366d, found "0s"'),
    ("cpu = 2", 'line 4: cpu: expected a duration like 60s, 1s to 366d, found "2"'),
    ("ram = 2G", "line 4: [limits]: expected one of time, memory, cpu, processes, open_files, disk, disk_files, file, result, output, "
                 "pictures, picture_pixels, files, files_size, bundle_entries, bundle_size, bundle_ratio, "
                 'found "ram"'),
    ("time = 60s\n[defaults]\ntime = 70s", "[defaults] time = 70s is above [limits] time = 1m"),
    ("time = 60s\ntime = 70s", "line 5: [limits]: expected time once, found it again"),
])
def test_b_bounds_that_cannot_be_used_are_told(tmp_path, line, message):
    path = tmp_path / "quernd.ini"
    path.write_text(f"[queue]\nurl = unix:/s\n[limits]\n{line}\n")
    done = subprocess.run([RELEASE / "quernd", "--config", path, "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (78, f"quernd: {path}: {message}\n")
