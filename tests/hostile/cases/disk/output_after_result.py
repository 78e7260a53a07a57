# SPDX-License-Identifier: Apache-2.0
"""D10: output without end when the result is there: a child goes on where the script has returned."""
import os

import pandas as pd

EXPECT = {"record": {"outputs": [{"port": "dataset1", "rows": 1}], "stdout": {"truncated": True}}, "returned": {"the result": True},
          "no_control": "outside nobody takes a result"}
MIB = 1 << 20


def flood(told):
    for number in range(1 << 20):
        os.write(1, b"x" * MIB)
        if number == 16:
            os.write(told, b"x")


def azureml_main():
    mine, told = os.pipe()
    if os.fork() == 0:
        flood(told)
    os.read(mine, 1)
    return pd.DataFrame({"what": ["the result"]})
