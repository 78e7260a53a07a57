# SPDX-License-Identifier: Apache-2.0
"""dataset_peers.py DIR NAME...: the same files by pandas (pyarrow inside) and polars, and doubles by np.load. Rounds:
measurer.py.

All threads of the machine. They read into memory that their process has had before; `np.load(mmap)` is a file of the raw
doubles, mapped and copied, for what is only mapped has not been read.
"""
import os
import sys

import measurer
import numpy as np
import pandas as pd
import polars
from pyarrow import feather

DIR, NAMES = sys.argv[1], sys.argv[2:]
DOUBLES = "double, random"


def works(name):
    """{label: function}"""
    path, scratch = os.path.join(DIR, f"{name}.arrow"), os.path.join(DIR, "peer.arrow")
    table, frame = feather.read_table(path), polars.read_ipc(path)
    found = {
        f"{name}, decode, pd.read_feather": lambda: pd.read_feather(path),
        f"{name}, decode, polars": lambda: polars.read_ipc(path),
        f"{name}, encode, pyarrow": lambda: feather.write_feather(table, scratch, compression="zstd", compression_level=1),
        f"{name}, encode, polars": lambda: frame.write_ipc(scratch, compression="zstd"),
    }
    if name == DOUBLES:
        np.save(os.path.join(DIR, "doubles.npy"), frame.to_numpy().T.copy())
        found[f"{name}, decode, np.load(mmap)"] = lambda: np.load(os.path.join(DIR, "doubles.npy"), mmap_mode="r").copy()
    return found


measurer.serve_works({label: work for name in NAMES for label, work in works(name).items()})
