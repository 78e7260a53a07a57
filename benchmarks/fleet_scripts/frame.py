# SPDX-License-Identifier: Apache-2.0
"""Maps the frame of frame_made.py and touches every page of it."""
import time

FIRST_LINE = time.time_ns()
import quern


def azureml_main(dataframe1, dataframe2=None):
    quern.log("first_line", FIRST_LINE)
    return dataframe1.sum().to_frame("sum")
