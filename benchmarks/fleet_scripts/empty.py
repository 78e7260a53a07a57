# SPDX-License-Identifier: Apache-2.0
"""Nothing at all: what the fleet itself takes."""
import time

FIRST_LINE = time.time_ns()
import quern


def azureml_main(dataframe1=None, dataframe2=None):
    quern.log("first_line", FIRST_LINE)
    return None
