# SPDX-License-Identifier: Apache-2.0
"""T1: sets the clocks, or makes them run faster."""
import ctypes
import time

from attack import all_tried, library_call, say

EXPECT = {
    "found": {"clock_settime": "EPERM", "settimeofday": "EPERM", "adjtimex": "EPERM", "clock_adjtime": "EPERM", "read": "ok"},
    "free": {"clock_settime": "EPERM", "settimeofday": "EPERM", "adjtimex": "EPERM", "clock_adjtime": "EPERM", "read": "ok"},
}


def azureml_main():
    now = (ctypes.c_long * 2)(int(time.time()), 0)
    change = ctypes.create_string_buffer((2).to_bytes(4, "little"), 256)  # the frequency
    say(all_tried({
        "clock_settime": (time.clock_settime, time.CLOCK_REALTIME, time.time()),
        "settimeofday": (library_call, "settimeofday", now, None), "adjtimex": (library_call, "adjtimex", change),
        "clock_adjtime": (library_call, "clock_adjtime", 0, change), "read": (lambda: time.clock_gettime(0) and None,),
    }))
