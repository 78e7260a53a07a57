# SPDX-License-Identifier: Apache-2.0
"""P10: leaves without a result, and without Python's good-bye."""
import os

EXPECT = {"reason": "exit:0", "message": "the script ended its process with code 0 and returned nothing", "free": None}


def azureml_main():
    os._exit(0)
