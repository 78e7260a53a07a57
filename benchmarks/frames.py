#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Frames from mapped segments and back: ./frames.py [rounds]. Milliseconds, median and best of the rounds.

Needs the target quern_glue_test; QUERN_GLUE_MODULE names its directory if it stands elsewhere. `map` is the frame alone,
`sum` its first reading, `back` the way from a frame to a sealed segment.
"""
import os
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "tests", "e2e"))

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

import glue_job  # noqa: E402, puts _quern and quern on the path

import _quern  # noqa: E402
from quern import columns, frames, names  # noqa: E402

ROWS = 1_000_000


def numbers():
    return pd.DataFrame({f"c{i}": np.random.default_rng(i).random(ROWS) for i in range(10)})


def one_block():
    return pd.DataFrame(np.random.default_rng(0).random((ROWS, 10)))


def words(distinct):
    made = [f"customer {i:08}" for i in range(distinct)]
    picked = np.random.default_rng(0).integers(0, distinct, ROWS)
    return pd.DataFrame({"s": pd.Series([made[i] for i in picked], dtype=object)})


def accents():
    return pd.DataFrame({"s": pd.Series([f"Zoë Müller {i}" for i in range(ROWS)], dtype=object)})


def category():
    return words(500).astype("category")


CASES = {"10 x 1M float64": numbers, "10 x 1M float64, one block": one_block, "1M text, 500 distinct": lambda: words(500),
         "1M text, all distinct": lambda: words(ROWS), "1M text, not ASCII": accents, "1M category": category}


def timed(work):
    began = time.perf_counter()
    made = work()
    return (time.perf_counter() - began) * 1000, made


def segment(frame):
    labels = names.columns(frame.columns, "quern")
    return columns.segment(frame, labels, _quern.PROFILE_NS, glue_job.LIMIT, lambda about, text: None)


def sums(frame):
    return [frame[name].sum() for name in frame.columns if frame[name].dtype.kind == "f"]


def measure(make, rounds):
    """{stage: [ms, ...]}"""
    frame, taken = make(), {"map": [], "sum": [], "back": []}
    for _ in range(rounds):
        ms, fd = timed(lambda: segment(frame))
        taken["back"].append(ms)
        ms, mapped = timed(lambda: frames.frame(fd))
        taken["map"].append(ms)
        ms, _ = timed(lambda: sums(mapped))
        taken["sum"].append(ms)
        os.close(fd)
    return taken


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    print(f"{'ms, median (best)':28} {'map':>18} {'sum':>18} {'back':>18}")
    for title, make in CASES.items():
        taken = measure(make, rounds)
        cells = [f"{statistics.median(taken[stage]):9.2f} ({min(taken[stage]):.2f})" for stage in ("map", "sum", "back")]
        print(f"{title:28} " + " ".join(f"{cell:>18}" for cell in cells))


main()
