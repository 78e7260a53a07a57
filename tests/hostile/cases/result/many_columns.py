# SPDX-License-Identifier: Apache-2.0
"""A14: a table with a hundred thousand columns, and names of a megabyte."""
import numpy as np
import pandas as pd

COLUMNS = 100001  # one too many
EXPECT = {"reason": "limit:output",
          "message": "a table of 100001 columns is larger than the limit of 100000", "no_control": "the result is taken by quern"}


def azureml_main():
    frame = pd.DataFrame(np.zeros((1, COLUMNS)))
    frame.columns = [f"{number}" for number in range(COLUMNS)]
    frame = frame.rename(columns={"5": "x" * (1 << 20)})
    return frame
