# SPDX-License-Identifier: Apache-2.0
"""Two columns of texts, of 500 and of 50,000 distinct values. The same bytes every time."""
import time

FIRST_LINE = time.time_ns()
import numpy as np
import pandas as pd
import quern


def azureml_main(dataframe1=None, dataframe2=None):
    quern.log("first_line", FIRST_LINE)
    random, rows = np.random.default_rng(0), int(quern.params["rows"])
    return pd.DataFrame({name: pd.Series([f"{name} {value}" for value in random.integers(0, distinct, rows)])
                         for name, distinct in (("town", 500), ("street", 50_000))})
