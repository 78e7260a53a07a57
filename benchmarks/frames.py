# SPDX-License-Identifier: Apache-2.0
"""frames.py ROWS: frames from mapped segments and back, by the module that runs in a child. Rounds: measurer.py.

`map` is the frame alone, `sum` the first reading of its numbers, `back` the way from a frame to a sealed segment.
Needs the target quern_glue_test; QUERN_GLUE_MODULE names its directory if it stands elsewhere.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "tests", "module"))

import measurer
import numpy as np
import pandas as pd

import glue_job  # puts _quern and quern on the path
import _quern
from quern import columns, frames, names

ROWS = int(sys.argv[1])


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


CASES = {"10 float64": numbers, "10 float64, one block": one_block, "text, 500 distinct": lambda: words(500),
         "text, all distinct": lambda: words(ROWS), "text, not ASCII": accents, "category": category}


def segment(frame):
    labels = names.columns(frame.columns, "quern")
    fd = os.memfd_create("segment")
    columns.segment(frame, labels, _quern.PROFILE_NS, glue_job.LIMIT, lambda about, text: None, fd)
    return fd


def sums(frame):
    return [frame[name].sum() for name in frame.columns if frame[name].dtype.kind == "f"]


def samples(made):
    found = []
    for title, frame in made.items():
        kept = {}
        found += measurer.both(f"{title}: back", lambda: kept.update(fd=segment(frame)))
        found += measurer.both(f"{title}: map", lambda: kept.update(frame=frames.frame(kept["fd"])))
        if title.startswith("10 float64"):
            found += measurer.both(f"{title}: sum", lambda: sums(kept["frame"]))
        os.close(kept["fd"])
    return found


FRAMES = {title: make() for title, make in CASES.items()}
measurer.serve(lambda: samples(FRAMES))
