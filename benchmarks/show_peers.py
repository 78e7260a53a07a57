# SPDX-License-Identifier: Apache-2.0
"""show_peers.py DIR FILE...: the same files read and told by DuckDB's SUMMARIZE and polars' describe(). Rounds: measurer.py.

Their libraries are loaded before. Both give quartiles and deviation besides, neither a histogram; DuckDB's count of distinct
values is an estimate, polars has none.
"""
import os
import sys

import duckdb
import measurer
import polars
from pyarrow import feather


def summarize(path):
    read = feather.read_table(path)  # DuckDB finds it by this name
    return duckdb.sql("summarize read").fetchall()


def works(name):
    path = os.path.join(sys.argv[1], f"{name}.arrow")
    return {f"{name}: DuckDB": lambda: summarize(path), f"{name}: polars": lambda: polars.read_ipc(path).describe()}


measurer.serve_works({label: work for name in sys.argv[2:] for label, work in works(name).items()})
