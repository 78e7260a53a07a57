# SPDX-License-Identifier: Apache-2.0
"""show_files.py ROWS DIR: one Arrow file per kind of column (zstd level 1, 64 Ki rows per batch), NAME.arrow, and one of them
all, `one of each`. A tenth of the rows is random, the others repeat it.

Prints the names, one per line.
"""
import os
import sys

import numpy as np
import pyarrow as pa
from pyarrow import feather

ROWS, DIR = int(sys.argv[1]), sys.argv[2]
TENTH = ROWS // 10
CHANCE = np.random.default_rng(1)


def words(distinct, form):
    made = np.array([form.format(i) for i in range(distinct)], dtype=object)
    return pa.array(made[CHANCE.integers(0, distinct, TENTH)])


KINDS = {
    "double": lambda: pa.array(CHANCE.random(TENTH)),
    "double, 10 % missing": lambda: pa.array(np.round(CHANCE.random(TENTH) * 1000, 2), mask=CHANCE.random(TENTH) < 0.1),
    "int64, a million values": lambda: pa.array(CHANCE.integers(0, 10**6, TENTH)),
    "int32, 100 values": lambda: pa.array(CHANCE.integers(0, 100, TENTH).astype("i4")),
    "bool, 10 % missing": lambda: pa.array(CHANCE.random(TENTH) < 0.2, mask=CHANCE.random(TENTH) < 0.1),
    "timestamp in us": lambda: pa.array(1_700_000_000_000_000 + CHANCE.integers(0, 60, TENTH).cumsum() * 10**6, pa.timestamp("us")),
    "text, 500 distinct": lambda: words(500, "customer {:08}"),
    "text, a million distinct": lambda: pa.array([f"user{i * 7919 % 10000000}@example.org" for i in range(TENTH)]),
    "category of 40": lambda: words(40, "group {}").dictionary_encode(),
}


def write(name, table):
    feather.write_feather(table, os.path.join(DIR, f"{name}.arrow"), compression="zstd", compression_level=1)
    print(name)


made = {name: pa.chunked_array([kind()] * 10) for name, kind in KINDS.items()}
for name, column in made.items():
    write(name, pa.table({"c": column}))
write("one of each", pa.table(made))
