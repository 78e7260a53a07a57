# SPDX-License-Identifier: Apache-2.0
"""The password of Redis is where it is needed and nowhere else: memory, environment and arguments of every process, files of
/proc, while a job runs. Positive control: the same search finds it where it must be."""
import contextlib
import os
import pathlib
import subprocess

from conftest import LEVEL
from doors import COMMON, PLACE, eventually
from ground import processes

MAY_KNOW = {"redis-server"}
MUST_NOT = {"quern-python", "quern-codec", "quernd", "quern-init", "quern-worker", "quern-keeper"}
SLEEPER = """
import time
def azureml_main(frame):
    frame.sum()
    print("runs", flush=True)
    time.sleep(1000)
"""


def memory(pid):
    """The bytes of every mapping of a process that can be read, piece by piece."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as file:
        for line in maps:
            start, end = (int(part, 16) for part in line.split()[0].split("-"))
            if "[v" in line or "r" not in line.split()[1]:
                continue
            with contextlib.suppress(OSError, ValueError, OverflowError):
                file.seek(start)
                yield file.read(end - start)


def knows(pid, word):
    """Where a process has the word: names of places."""
    found = [name for name in ("environ", "cmdline", "comm", "maps") if word in pathlib.Path(f"/proc/{pid}/{name}").read_bytes()]
    return found + (["memory"] if any(word in piece for piece in memory(pid)) else [])


def test_f_the_password_is_nowhere_else(world):
    house, script = world.house, PLACE / "sleeper.py"
    script.write_text(SLEEPER)
    job = house.quern("submit", script, *COMMON, "--dataframe1", "table").stdout.strip()
    try:
        eventually(lambda: "runs" in house.quern("logs", job).stdout, "the job")
        everybody = [process for process in processes() if process.name in MAY_KNOW | MUST_NOT]
        found = {(process.name, process.pid): knows(process.pid, house.password.encode()) for process in everybody}
        children = [pid for name, pid in found if name == "quern-python"]
        assert len(children) >= 3, "two zygotes and the child that runs"
        absent = {"quern-init"} if LEVEL == "minimal" else set()  # of a pid namespace
        assert {name for name, _ in found} == (MAY_KNOW | MUST_NOT) - absent
        assert {"redis-server"} <= {name for name, _ in found if found[name, _]} <= MAY_KNOW, found
        assert all(places in ([], ["memory"]) for places in found.values()), found
    finally:
        house.quern("cancel", job)
        eventually(lambda: house.quern("rm", job, check=False).returncode == 0, "its end")
        script.unlink()
    assert world.ground.differences() == []


def test_f_no_file_has_the_password(world):
    """But those that it was written into."""
    own = {"password", "redis.conf"}
    everywhere = subprocess.run(["grep", "-rlaF", world.house.password, "/tmp", "/run", "/var/tmp", "/dev/shm"],
                                capture_output=True, text=True, check=False).stdout.split()
    assert {os.path.basename(path) for path in everywhere} == own, everywhere
