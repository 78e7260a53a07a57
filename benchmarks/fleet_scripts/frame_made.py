# SPDX-License-Identifier: Apache-2.0
"""Ten columns of float64, by default 80 MB. The same bytes every time, so that the store holds one object of it."""
import time

FIRST_LINE = time.time_ns()
import numpy as np
import pandas as pd
import quern


def azureml_main(dataframe1=None, dataframe2=None):
    quern.log("first_line", FIRST_LINE)
    random = np.random.default_rng(0)
    return pd.DataFrame({f"c{i}": random.random(int(quern.params["rows"])).round(3) for i in range(10)})
