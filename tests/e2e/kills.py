#!/usr/bin/env -S /usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Kills one process of a run at one moment, again and again: kills.py SECONDS|short|each [VICTIM...]. Prints a table of victims
and moments, what was left behind, and ends with 1 when anything was. To be run in a world of its own (world.py)."""
import array
import collections
import os
import random
import re
import signal
import sys
import time

from arrow_file import FLOAT, Array, Field, File, Scalar
from fleet.waiting import eventually
from world import KEPT, STEPS, World

ROWS, COLUMNS = 250_000, 8
SCRIPT = """
import struct, time, zlib
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
def azureml_main(dataframe1):
    print("up", flush=True)
    for name in "ab":
        with open(name + ".png", "wb") as file:
            file.write(b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 640, 480, 8, 2, 0, 0, 0))
                       + chunk(b"IDAT", zlib.compress((b"\\0" + bytes(range(192)) * 10) * 480)) + chunk(b"IEND", b""))
    dataframe1["c0"] += 1
    end = time.monotonic() + 0.05
    while time.monotonic() < end:
        dataframe1.sum()
    return dataframe1
"""

VICTIMS = ("cli", "worker", "codec", "codec child", "zygote", "child", "init", "any", "SIGTERM")
MOMENTS = ("start", *STEPS, "late")

DIED = {  # what may be said when the run did not succeed: (exit code, what the last lines must tell)
    "cli": [],
    "SIGTERM": [(4, r"⊘ cancelled after")],
    "worker": [(75, r"quern-worker died of SIGKILL in step \w+ \(lost\)")],
    "codec": [(75, r"quern-codec is gone\) \(infra\)")],
    "codec child": [],
    "zygote": [(75, r"(the zygote died.*\(lost\))|(quern-python died.*\(infra\))")],
    "child": [(1, r"the script's process died of SIGKILL \(signal:SIGKILL\)")],
    "init": [(1, r"the script's process died of SIGKILL \(signal:SIGKILL\)"), (75, r"quern-init, .* died \(infra\)")],
}
# Both are copies of the zygote at first, as is the interpreter that is asked for its version.
DIED["child"] += [*DIED["init"][1:], (75, r"signal 9 ended it when it was asked for its version \(infra\)")]
DIED["any"] = [one for some in list(DIED.values()) for one in some]
ENDED = {"cli": -9, "any": -9, "SIGTERM": -15}  # of quern itself; SIGTERM before there is a job or after it


def big_file():
    """Arrow, 16 MB: eight columns of float64."""
    fields = [Field(f"c{i}", (FLOAT, {0: Scalar("h", 2)})) for i in range(COLUMNS)]
    column = Array(ROWS, 0, [b"", array.array("d", [random.random() for _ in range(ROWS)]).tobytes()])
    return File(fields).batch(*[column] * COLUMNS).bytes()


def pause(seconds, run):
    """Goes on reading for a while."""
    end = time.monotonic() + seconds
    eventually(lambda: time.monotonic() >= end or run.has_ended(), "a moment")


def strike(run, victim, moment, steps):
    """Kills the victim at the moment, or a random time into it. False when the run was over before."""
    if moment == "late":
        pause(random.random() * steps["all"], run)
    elif moment not in ("start", "claim"):
        run.said(f"{STEPS[STEPS.index(moment) - 1]:<8} ")
        pause(random.random() * steps[moment], run)
    if victim == "any":
        victim = random.choice(VICTIMS[:-2])
    return run.kill("cli", signal.SIGTERM) if victim == "SIGTERM" else run.kill(victim)


def judge(run, code, victim, hit):
    """What is wrong with the verdict: a sentence or None."""
    if code == 0 or (hit and code == ENDED.get(victim)):
        return None
    for wanted, words in DIED[victim]:
        if code == wanted and re.search(words, run.text, re.S):
            return None
    return f"exit code {code}: {run.text.strip().splitlines()[-3:]}"


def whole(world, table):
    """A run that nobody disturbs: how long its steps take, in seconds."""
    begun = time.monotonic()
    run = world.start("script.py", "--dataframe1", "./big.arrow")
    code = run.wait()
    steps = {word: float(took) for word, took in re.findall(r"^\S+ (\w+) .*?([\d.]+) s$", run.text, re.M)}
    left = world.leftovers()
    missing = KEPT - set(os.listdir(world.place / "out"))
    if code or left or missing:
        table["bad"].append(f"an undisturbed run: exit code {code}, left {left}, without {missing}: {run.text}")
    return dict(steps, all=time.monotonic() - begun)


def one(world, victim, moment, steps, table):
    """One run, one kill, one look around."""
    run = world.start("script.py", "--dataframe1", "./big.arrow")
    hit = strike(run, victim, moment, steps)
    code = run.wait()
    left, wrong = world.leftovers(), judge(run, code, victim, hit)
    cell = table["cells"][victim, moment]
    cell["kills" if hit else "missed"] += 1
    cell[f"exit {code}"] += 1
    cell["left"] += len(left)
    table["bad"] += [f"{victim}, {moment}: left behind: {what}" for what in left]
    table["bad"] += [f"{victim}, {moment}: {wrong}"] if wrong else []


def shared_memory():
    """Shmem of the machine, bytes."""
    with open("/proc/meminfo", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("Shmem:"))


def show(table):
    print(f"{'victim':<12} {'moment':<9} kills  left  outcomes")
    for (victim, moment), cell in table["cells"].items():
        codes = ", ".join(f"{count} × {key}" for key, count in sorted(cell.items()) if key.startswith("exit"))
        missed = f", {cell['missed']} too late" if cell["missed"] else ""
        print(f"{victim:<12} {moment:<9} {cell['kills']:>5} {cell['left']:>5}  {codes}{missed}")
    for bad in table["bad"]:
        print("FAIL", bad)


def main(seconds, victims):
    """Every victim at every moment, in turn, until the time is over, every pair at least once; "short": every second
    pair once; "each": every victim once, each at another moment, beside others who take shared memory as they like."""
    world = World()
    world.write("script.py", SCRIPT)
    world.write("big.arrow", big_file())
    table = {"cells": collections.defaultdict(collections.Counter), "bad": []}
    whole(world, table)
    pairs = [(victim, moment) for victim in victims for moment in MOMENTS if possible(victim, moment)]
    alone = seconds != "each"
    if seconds == "each":
        pairs, seconds = diagonal(pairs, victims), 0
    elif seconds == "short":
        pairs, seconds = pairs[::2], 0
    steps, before, end, kills = whole(world, table), shared_memory(), time.monotonic() + float(seconds), 0
    while kills < len(pairs) or time.monotonic() < end:
        one(world, *pairs[kills % len(pairs)], steps, table)
        kills += 1
        if kills % 10 == 0 or kills == len(pairs):
            steps = whole(world, table)
    grown = shared_memory() - before
    if alone and grown > kills * ROWS * COLUMNS * 8 // 2:
        table["bad"].append(f"shared memory grew by {grown >> 20} MiB in {kills} kills")
    show(table)
    print(f"{kills} runs with a kill, shared memory {grown / 2**20:+.1f} MiB, {len(table['bad'])} faults")
    world.close()
    return 1 if table["bad"] else 0


def diagonal(pairs, victims):
    """One pair of each victim."""
    moments = {victim: [moment for one, moment in pairs if one == victim] for victim in victims}
    return [(victim, moments[victim][number % len(moments[victim])]) for number, victim in enumerate(victims)]


def possible(victim, moment):
    """A script's process lives in step run only, one of the codec's where there is something to decode or encode."""
    lives = {"child": ("run", "late"), "init": ("run", "late"), "codec child": ("load", "collect", "publish", "late"),
             "codec": MOMENTS[2:], "zygote": MOMENTS}
    return moment in lives.get(victim, MOMENTS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:] or VICTIMS))
