# SPDX-License-Identifier: Apache-2.0
"""The script forks and returns in both processes, each with a result of its own."""
import os

import pandas as pd

from attack import say

EXPECT = {"found": {"processes": 2}, "returned": {"the script": True, "the child": False},
          "no_control": "what counts is that quern takes one result"}


def azureml_main():
    if os.fork() == 0:
        return pd.DataFrame({"who": ["the child"]})
    os.wait()
    say({"processes": 2})
    return pd.DataFrame({"who": ["the script"]})
