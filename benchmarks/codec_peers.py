# SPDX-License-Identifier: Apache-2.0
"""codec_peers.py FILE: reading and writing the dataset of bench_codec with pyarrow and polars, two threads each.

`into pandas` is what quern's decoder does: columns as pandas wants them; `table` stays Arrow. Rounds: measurer.py.
"""
import os
import sys

os.environ.setdefault("POLARS_MAX_THREADS", "2")

import measurer
import polars
import pyarrow
from pyarrow import feather


def works(path, scratch):
    table, frame = feather.read_table(path), polars.read_ipc(path)
    return {
        "decode, pyarrow, table": lambda: feather.read_table(path, memory_map=True),
        "decode, pyarrow, into pandas": lambda: feather.read_table(path, memory_map=True).to_pandas(split_blocks=True),
        "decode, polars": lambda: polars.read_ipc(path),
        "encode, pyarrow": lambda: feather.write_feather(table, scratch, compression="zstd", compression_level=1),
        "encode, polars": lambda: frame.write_ipc(scratch, compression="zstd"),
    }


pyarrow.set_cpu_count(2)
measurer.serve_works(works(sys.argv[1], sys.argv[1] + ".peer"))
