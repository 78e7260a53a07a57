# SPDX-License-Identifier: Apache-2.0
"""T2: puts its own clock into Python, so that quern might believe in other times: those of every record are compared
with what its harness saw."""
import datetime
import time

from attack import say

EXPECT = {"found": {"now": 0}, "free": {"now": 0}}


def azureml_main():
    time.time = time.monotonic = time.perf_counter = lambda: 0
    time.sleep = lambda _: None
    datetime.datetime = None
    say({"now": time.time()})
