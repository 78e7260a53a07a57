# SPDX-License-Identifier: Apache-2.0
"""Reading and writing the benchmark's dataset with pyarrow and polars, to stand beside bench_codec.

    build/bench/bin/bench_codec 15 80 /tmp/bench.arrow
    build/venv-interop/bin/python benchmarks/codec_peers.py /tmp/bench.arrow [ROUNDS]

Prints medians in ms. `into pandas` is what quern's decoder does: columns as pandas wants them; `table` stays Arrow.
Rounds are interleaved. Sources: pyarrow and polars from PyPI, two threads each.
"""

import os
import statistics
import sys
import time

os.environ.setdefault("POLARS_MAX_THREADS", "2")

import polars as pl
import pyarrow as pa
import pyarrow.feather as feather


def read_table(path):
    """Arrow file → pyarrow.Table, all buffers decompressed."""
    return feather.read_table(path, memory_map=True)


def read_frame(path):
    """Arrow file → pandas.DataFrame of NumPy columns; texts become str objects."""
    return read_table(path).to_pandas(split_blocks=True)


def operations(path, scratch):
    """Label → function without arguments."""
    table = read_table(path)
    polars_frame = pl.read_ipc(path)
    return {
        "read  pyarrow table": lambda: read_table(path),
        "read  pyarrow into pandas": lambda: read_frame(path),
        "read  polars": lambda: pl.read_ipc(path),
        "write pyarrow": lambda: feather.write_feather(table, scratch, compression="zstd", compression_level=1),
        "write polars": lambda: polars_frame.write_ipc(scratch, compression="zstd"),
    }


def measure(path, rounds, scratch):
    """Label → list of ms, one per round."""
    timed = {label: [] for label in operations(path, scratch)}
    for _ in range(rounds):
        for label, operation in operations(path, scratch).items():
            start = time.perf_counter()
            operation()
            timed[label].append((time.perf_counter() - start) * 1000)
    return timed


def main():
    path, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 7
    scratch = path + ".peer"
    pa.set_cpu_count(2)
    try:
        timed = measure(path, rounds, scratch)
    finally:
        if os.path.exists(scratch):
            os.unlink(scratch)
    print(f"{'':28} {'ms':>9} {'best ms':>9}   median of {rounds} rounds")
    for label, values in timed.items():
        print(f"{label:28} {statistics.median(values):9.1f} {min(values):9.1f}")


if __name__ == "__main__":
    main()
