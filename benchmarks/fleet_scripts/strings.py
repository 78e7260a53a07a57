# SPDX-License-Identifier: Apache-2.0
"""Counts the texts of strings_made.py."""
import time

FIRST_LINE = time.time_ns()
import quern


def azureml_main(dataframe1, dataframe2=None):
    quern.log("first_line", FIRST_LINE)
    return dataframe1.groupby("town", sort=True)["street"].nunique().to_frame("streets").reset_index()
