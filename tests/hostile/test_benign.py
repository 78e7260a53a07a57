# SPDX-License-Identifier: Apache-2.0
"""What scripts do every day, and must be able to do in the jail."""
import pytest

from conftest import DOORS, LEVEL
from doors import PLACE

SCRIPTS = {
    "numpy threads": """
import threading, numpy as np
def azureml_main():
    got = []
    threads = [threading.Thread(target=lambda: got.append(float((np.ones((300, 300)) @ np.ones((300, 300))).sum()))) for _ in range(8)]
    [t.start() for t in threads]; [t.join() for t in threads]
    print(got == [27000000.0] * 8)
""",
    "matplotlib": """
import matplotlib.pyplot as plt
def azureml_main():
    plt.plot([1, 2, 3]); plt.title("größe ü 漢"); plt.savefig("a.png"); plt.savefig("a.pdf"); plt.savefig("a.svg")
    print(open("a.png", "rb").read(4) == b"\\x89PNG")
""",
    "scikit-learn": """
import numpy as np
from sklearn.ensemble import RandomForestClassifier
def azureml_main():
    x = np.arange(400.0).reshape(200, 2)
    y = (x[:, 0] > 200).astype(int)
    print([RandomForestClassifier(10, n_jobs=n, random_state=0).fit(x, y).score(x, y) > 0.9 for n in (1, 2)] == [True, True])
""",
    "joblib processes": """
import math
from joblib import Parallel, delayed
def azureml_main():
    print(Parallel(n_jobs=2)(delayed(math.sqrt)(i * i) for i in range(20)) == [float(i) for i in range(20)])
""",
    "sqlite3": """
import sqlite3, pandas as pd
def azureml_main():
    with sqlite3.connect("own.db") as db:
        pd.DataFrame({"a": range(1000)}).to_sql("t", db)
        print(db.execute("select sum(a) from t").fetchone() == (499500,))
""",
    "tempfile": """
import tempfile, os
def azureml_main():
    with tempfile.TemporaryDirectory() as d, tempfile.NamedTemporaryFile() as f, tempfile.SpooledTemporaryFile(10) as s:
        s.write(b"x" * 100); f.write(b"y")
        print(os.path.isdir(d) and f.name.startswith(os.getcwd()))
""",
    "subprocess": """
import subprocess, sys
def azureml_main():
    print(subprocess.run([sys.executable if "python3" in sys.executable else "/usr/bin/python3", "-c", "print(6 * 7)"],
                         capture_output=True, text=True, check=True).stdout == "42\\n"
          and subprocess.check_output("echo $((6 * 7)) | cat", shell=True) == b"42\\n")
""",
    "multiprocessing": """
import multiprocessing
def double(x):
    return 2 * x
def azureml_main():
    with multiprocessing.get_context("fork").Pool(2) as pool:
        print(pool.map(double, range(5)) == [0, 2, 4, 6, 8])
""",
    "multiprocessing, shared memory": """
from multiprocessing import Queue, Process, Value, get_context
def work(queue, value):
    with value.get_lock():
        value.value += 1
    queue.put("done")
def azureml_main():
    queue, value = Queue(), Value("i", 41)
    process = Process(target=work, args=(queue, value))
    process.start()
    print(queue.get() == "done" and (process.join() or value.value == 42))
""",
    "shared memory without a file": """
import mmap, os
def azureml_main():
    memory = mmap.mmap(-1, 8 << 20)
    if os.fork() == 0:
        memory[4 << 20:(4 << 20) + 5] = b"hello"
        os._exit(0)
    os.wait()
    print(memory[4 << 20:(4 << 20) + 6] == b"hello\\0" and memory[:3] == bytes(3))
""",
    "copies of files": """
import pathlib, shutil, socket, subprocess
def azureml_main():
    pathlib.Path("a").write_bytes(bytes(1 << 20))
    shutil.copyfile("a", "b"); subprocess.run(["cp", "a", "c"], check=True); subprocess.run("cat a > d", shell=True, check=True)
    one, other = socket.socketpair()
    with open("a", "rb") as file:
        sent = one.sendfile(file, count=1000)
    print([pathlib.Path(name).stat().st_size for name in "bcd"] == [1 << 20] * 3 and sent == len(other.recv(2000)) == 1000)
""",
    "concurrent.futures": """
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
def azureml_main():
    with ProcessPoolExecutor(2) as processes, ThreadPoolExecutor(4) as threads:
        print(list(processes.map(abs, [-1, -2])) == [1, 2] and list(threads.map(abs, [-1, -2])) == [1, 2])
""",
    "asyncio": """
import asyncio
async def main():
    process = await asyncio.create_subprocess_exec("echo", "out", stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    return await asyncio.gather(asyncio.sleep(0.01, 1), asyncio.to_thread(abs, -2)), out
def azureml_main():
    print(asyncio.run(main()) == ([1, 2], b"out\\n"))
""",
    "zones and locale": """
import zoneinfo, datetime, locale, os, getpass
def azureml_main():
    when = datetime.datetime(2024, 7, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))
    print(when.utcoffset() == datetime.timedelta(hours=2) and os.path.expanduser("~") == os.getcwd())
""",
    "a gigabyte within its limit": """
import numpy as np
def azureml_main():
    a = np.ones(1 << 27)
    print(float(a.sum()) == float(1 << 27))
""",
    "a frame near the limit": """
import numpy as np, pandas as pd
def azureml_main():
    frame = pd.DataFrame(np.ones((225 << 20, 1)), columns=["a"], copy=False)
    print(int(frame.memory_usage(index=False)["a"]) == 1800 << 20 and float(frame.a.sum()) == float(225 << 20))
""",
    "bundle and own modules": """
import attack, pathlib, importlib
def azureml_main():
    pathlib.Path("own_module.py").write_text("x = 42")
    print(importlib.import_module("own_module").x == 42 and attack.tried(lambda: None) == "ok")
""",
    "a profile and a debugger's hooks": """
import cProfile, sys, tracemalloc, faulthandler, gc
def azureml_main():
    faulthandler.enable(); tracemalloc.start(); gc.collect()
    profile = cProfile.Profile(); profile.runcall(sum, range(10)); tracemalloc.stop()
    print(len(profile.getstats()) > 0)
""",
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", SCRIPTS)
def test_b_works_inside(world, name, door):
    script = PLACE / "benign.py"
    script.write_text(SCRIPTS[name])
    outcome = world.run(door, script)
    script.unlink()
    assert outcome.out.strip().splitlines()[-1:] == ["True"], (LEVEL, outcome.record.get("message"), outcome.out, outcome.err)
    assert outcome.record["state"] == "succeeded"
