# SPDX-License-Identifier: Apache-2.0
"""frames_peers.py ROWS DIR: the same frames by pandas' own ways, pyarrow's Feather and mapped NumPy files.

pandas 3 leaves texts in Arrow's form; `str objects` is what scripts written for pandas 1 get, and what quern makes.

`map` and `sum` mean what they mean in frames.py. Rounds: measurer.py.
"""
import os
import sys

import measurer
import numpy as np
import pandas as pd
from pyarrow import feather

ROWS, DIR = int(sys.argv[1]), sys.argv[2]


def path(name):
    return os.path.join(DIR, name)


def make():
    numbers = pd.DataFrame({f"c{i}": np.random.default_rng(i).random(ROWS) for i in range(10)})
    words = {}
    for title, distinct in (("few", 500), ("unique", ROWS)):
        picked = np.random.default_rng(0).integers(0, distinct, ROWS)
        words[title] = pd.DataFrame({"s": pd.Series([f"customer {i:08}" for i in picked], dtype=object)})
    np.save(path("numbers.npy"), numbers.to_numpy().T.copy())
    for compression in ("zstd", "uncompressed"):
        for title, frame in {"numbers": numbers, **words}.items():
            feather.write_feather(frame, path(f"{title}.{compression}"), compression=compression)
    return numbers, words


def mapped_numpy():
    return pd.DataFrame(np.load(path("numbers.npy"), mmap_mode="r").T, copy=False)


def read(name):
    return lambda: pd.read_feather(path(name))


def read_objects(name):
    return lambda: pd.read_feather(path(name))["s"].astype(object)


def write(frame):
    return lambda: feather.write_feather(frame, path("written"), compression="uncompressed")


def with_sum(label, load):
    """The way to a frame, and the first sum over it."""
    kept = {}
    yield from measurer.both(f"{label}: map", lambda: kept.update(frame=load()))
    yield from measurer.both(f"{label}: sum", lambda: kept["frame"].sum())


def samples(numbers, words):
    yield from with_sum("10 float64, np.load(mmap)", mapped_numpy)
    yield from with_sum("10 float64, read_feather", read("numbers.uncompressed"))
    yield from with_sum("10 float64, read_feather zstd", read("numbers.zstd"))
    yield from measurer.both("10 float64, write_feather: back", write(numbers))
    for title, name in (("text, 500 distinct", "few"), ("text, all distinct", "unique")):
        yield from measurer.both(f"{title}, read_feather: map", read(f"{name}.uncompressed"))
        yield from measurer.both(f"{title}, read_feather, str objects: map", read_objects(f"{name}.uncompressed"))
        yield from measurer.both(f"{title}, write_feather: back", write(words[name]))


MADE = make()
measurer.serve(lambda: samples(*MADE))
