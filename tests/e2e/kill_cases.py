#!/usr/bin/env -S /usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Signals and stubborn scripts, one case per call: kill_cases.py CASE. To be run in a world of its own (world.py)."""
import json
import os
import signal
import sys

from fleet.processes import Process
from fleet.waiting import eventually
from world import World

ENDLESS = "def azureml_main():\n    print('up', flush=True)\n    while True:\n        pass\n"
QUICK = "def azureml_main():\n    return 'done'\n"
DAEMON = """
import os, signal, time
def azureml_main():
    ready, go = os.pipe()
    if os.fork() == 0:
        os.setsid()
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        if os.fork() == 0:
            os.write(go, b"x")
            while True:
                time.sleep(1000)
        os._exit(0)
    os.read(ready, 1)
    print("a daemon lives", flush=True)
    return "done"
"""
STOPS_ITSELF = "import os, signal\ndef azureml_main():\n    print('up', flush=True)\n    os.kill(os.getpid(), signal.SIGSTOP)\n"
ENDS_WITH_A_DAEMON = DAEMON.replace('return "done"', "os._exit(3)")


def begin(world, script, *options):
    """A run whose script is running."""
    run = world.start(world.write("script.py", script), *options)
    assert run.said("up\n"), run.text
    return run


def record(world):
    return json.loads((world.place / "out" / "job.json").read_text())


def clean(world):
    """Nothing is left, and a run right after works."""
    assert world.leftovers() == []
    run = world.start(world.write("quick.py", QUICK))
    assert run.wait() == 0, run.text
    assert world.leftovers() == []
    assert record(world)["state"] == "succeeded"


# ---- the user's signals ----

def cancelled(world, number):
    run = begin(world, ENDLESS)
    run.kill("cli", number)
    assert run.wait() == 4, run.text
    assert world.leftovers() == []
    assert (record(world)["state"], record(world)["reason"]) == ("cancelled", "cancelled")
    assert record(world)["message"] == "cancelled while the script ran"


def terminated(world):
    cancelled(world, signal.SIGTERM)


def interrupted(world):
    cancelled(world, signal.SIGINT)


def interrupted_twice(world):
    """The second signal waits for nobody: the worker cannot answer the first, and has not had its grace."""
    run = begin(world, ENDLESS)
    run.kill("worker", signal.SIGSTOP)
    run.kill("cli", signal.SIGINT)
    eventually(lambda: not signalled(run.pid), "the first signal to be taken")
    run.kill("cli", signal.SIGINT)
    assert run.wait() == 4, run.text
    assert "cancelled" in run.text
    clean(world)


def signalled(pid):
    """Whether a signal is pending for the process."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return any(int(line.split()[1], 16) for line in file if line.startswith(("SigPnd:", "ShdPnd:")))


def interrupted_with_a_stopped_worker(world):
    """A worker that does not answer is killed after its grace."""
    run = begin(world, ENDLESS)
    run.kill("worker", signal.SIGSTOP)
    run.kill("cli", signal.SIGTERM)
    assert run.wait() == 4, run.text
    clean(world)


def killed_with_stopped(world):
    """A stopped process takes no notice of anything but SIGKILL."""
    for role in ("worker", "codec", "zygote", "child", "init"):
        run = begin(world, ENDLESS)
        stopped = run.find(role).pid
        os.kill(stopped, signal.SIGSTOP)
        eventually(lambda pid=stopped, run=run: Process(pid).state == "T" or run.has_ended() or role == "init", f"{role} to stop")
        run.kill("cli")
        assert run.wait() == -9, run.text
        assert world.leftovers() == [], role
    clean(world)


# ---- stubborn scripts ----

def daemon_goes_with_its_job(world):
    """It left the session, ignores what it can, and holds stdout open."""
    run = world.start(world.write("script.py", DAEMON))
    assert run.wait() == 0, run.text
    assert "a daemon lives" in run.text
    clean(world)


def daemon_goes_with_a_job_that_died(world):
    run = world.start(world.write("script.py", ENDS_WITH_A_DAEMON))
    assert run.wait() == 1, run.text
    assert record(world)["reason"] == "exit:3"
    clean(world)


def script_that_stops_itself(world):
    run = begin(world, STOPS_ITSELF, "--timeout", "2s")
    assert run.wait() == 124, run.text
    assert record(world)["reason"] == "limit:time"
    clean(world)


BOMB = """
import os, signal
def azureml_main():
    living = 0
    try:
        while True:
            if os.fork() == 0:
                while True:
                    signal.pause()
            living += 1
    except OSError as error:
        print("errno", error.errno)
    assert 100 < living < {most}, living
    return 1
"""


def processes_without_end(world):
    """As an ordinary user all jobs share one uid, and the limit is a wider one."""
    run = world.start(world.write("script.py", BOMB.format(most=256 if os.geteuid() == 0 else 1024)))
    assert run.wait() == 0, run.text
    assert "errno 11\n" in run.text
    clean(world)


CASES = (terminated, interrupted, interrupted_twice, interrupted_with_a_stopped_worker, killed_with_stopped,
         daemon_goes_with_its_job, daemon_goes_with_a_job_that_died, script_that_stops_itself,
         processes_without_end)


def main(name):
    case = {case.__name__: case for case in CASES}[name]
    world = World()
    case(world)
    world.close()


if __name__ == "__main__":
    main(sys.argv[1])
