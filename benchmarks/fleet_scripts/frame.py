# SPDX-License-Identifier: Apache-2.0
"""Maps the frame of frame_made.py and touches every page of it."""


def azureml_main(dataframe1, dataframe2=None):
    return dataframe1.sum().to_frame("sum")
