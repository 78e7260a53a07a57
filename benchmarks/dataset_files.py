# SPDX-License-Identifier: Apache-2.0
"""dataset_files.py ROWS DIR: one Arrow file per kind of column, as pandas and pyarrow write them (zstd level 1, 64 Ki rows
per batch), NAME.arrow, with the places of its compressed buffers in NAME.buffers for bench_dataset.

Prints the names, one per line. `mixed` has one column of most kinds.
"""
import os
import struct
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import feather

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, os.pardir, "tests", "oracles"))

import arrow_file

ROWS, DIR = int(sys.argv[1]), sys.argv[2]


def lost(chance):
    return chance.random(ROWS) < 0.1


def words(chance, distinct, form="customer {:019}"):
    made = np.array([form.format(i) for i in range(distinct)], dtype=object)
    return pa.array(made[chance.integers(0, distinct, ROWS)])


def mails(chance):
    return pa.array([f"user{i * 7919 % 10000000}@example.org" for i in range(ROWS)])


KINDS = {
    "double, random": (8, lambda chance: pa.array(chance.random(ROWS))),
    "double, two decimals": (8, lambda chance: pa.array(np.round(chance.random(ROWS) * 1000, 2))),
    "double, 10 % missing": (8, lambda chance: pa.array(np.round(chance.random(ROWS) * 1000, 2), mask=lost(chance))),
    "int64, ids": (8, lambda chance: pa.array(chance.integers(0, 10**6, ROWS))),
    "int64, 10 % missing": (8, lambda chance: pa.array(chance.integers(0, 10**6, ROWS), mask=lost(chance))),
    "int32": (16, lambda chance: pa.array(chance.integers(0, 10**5, ROWS).astype("i4"))),
    "timestamp in ns": (8, lambda chance: pa.array(1_700_000_000_000_000_000 + chance.integers(0, 60, ROWS).cumsum() * 10**9,
                                                pa.timestamp("ns"))),
    "timestamp in us, zone": (8, lambda chance: pa.array(1_700_000_000_000_000 + chance.integers(0, 60, ROWS).cumsum() * 10**6,
                                                      pa.timestamp("us", "Europe/Berlin"))),
    "bool, 10 % missing": (32, lambda chance: pa.array(chance.random(ROWS) < 0.2, mask=lost(chance))),
    "bool, none missing": (32, lambda chance: pa.array(chance.random(ROWS) < 0.2)),
    "boolean, 10 % missing": (32, lambda chance: pa.array(chance.random(ROWS) < 0.2, mask=lost(chance))),
    "decimal128 of 28 digits": (4, lambda chance: pa.array(chance.integers(0, 10**7, ROWS)).cast(pa.decimal128(19, 0)).cast(
        pa.decimal128(28, 2))),
    "category of 40": (32, lambda chance: words(chance, 40).dictionary_encode()),
    "text, 10 distinct": (2, lambda chance: words(chance, 10)),
    "text, 28 bytes, all distinct": (2, lambda chance: pa.array([f"customer {i:019}" for i in chance.permutation(ROWS)])),
    "text, e-mail": (2, mails),
}
NULLABLE = ["boolean, 10 % missing"]  # pandas' nullable type
MIXED = [name for name in KINDS if "in us" not in name and name not in NULLABLE]


def table(name):
    """1M rows of a kind are 64 MB at the most; of `mixed` 120 MB."""
    chance = np.random.default_rng(1)
    if name == "mixed":
        return pa.table({kind: KINDS[kind][1](chance) for kind in MIXED})
    columns, make = KINDS[name]
    distinct = [make(chance) for _ in range(min(columns, 8))]
    made = pa.table({f"c{i}": distinct[i % len(distinct)] for i in range(columns)})
    if name not in NULLABLE:
        return made
    return pa.Table.from_pandas(made.to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get))


def buffers(raw):
    """(offset, bytes) of every compressed buffer of an Arrow file."""
    count = struct.unpack_from("<i", raw, len(raw) - 10)[0]
    footer = arrow_file.Reader.root(raw[len(raw) - 10 - count:len(raw) - 10])
    for slot in (2, 3):
        for offset, metadata, _, _ in footer.structs(slot, "<qiiq"):
            header = arrow_file.Reader.root(raw[offset + 8:offset + metadata]).child(2)
            batch = header.child(1) if slot == 2 else header
            yield from ((offset + metadata + at, size) for at, size in batch.structs(2, "<qq") if size)


def main():
    for name in [*KINDS, "mixed"]:
        path = os.path.join(DIR, name)
        feather.write_feather(table(name), path + ".arrow", compression="zstd", compression_level=1)
        with open(path + ".arrow", "rb") as file, open(path + ".buffers", "w", encoding="ascii") as places:
            places.writelines(f"{offset} {size}\n" for offset, size in buffers(file.read()))
        print(name)


main()
