# SPDX-License-Identifier: Apache-2.0
"""large_table.py ROWS FILE: ten columns of float64 as an Arrow file, half of them measurements, half rounded prices."""
import sys

import numpy as np
import pandas as pd

random = np.random.default_rng(0)
columns = {f"c{i}": random.random(int(sys.argv[1])) for i in range(10)}
frame = pd.DataFrame({name: values.round(2) * 100 if int(name[1]) % 2 else values for name, values in columns.items()})
frame.to_feather(sys.argv[2], compression="zstd", compression_level=1)
