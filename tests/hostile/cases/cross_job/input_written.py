# SPDX-License-Identifier: Apache-2.0
"""X1: writes into the frame it was given, by every way there is: the pages are its own from then on; the canary, which gets
the same dataset, sees what was there before."""
import ctypes

from attack import say

EXPECT = {"input": True, "found": {"written": [99.0, 98.0, 97.0]}, "free": {"written": [99.0, 98.0, 97.0]}, "short": True}


def azureml_main(frame):
    column = frame["a"].to_numpy()
    column = column if column.dtype.kind == "f" else column.view("float64")
    column.flags.writeable = True
    column[0] = 99
    ctypes.memmove(column.ctypes.data + 8, ctypes.addressof(ctypes.c_double(98)), 8)
    ctypes.cast(column.ctypes.data + 16, ctypes.POINTER(ctypes.c_double))[0] = 97
    say({"written": column.tolist()[:3]})
