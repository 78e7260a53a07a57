# SPDX-License-Identifier: Apache-2.0
"""Waiting for what must happen: the only way in which tests wait."""
import os
import time

# How many times longer than on an ordinary machine whatever has to happen may take: more than 1 where every instruction is
# computed (./dev prove guest). What a test asserts stays the same.
SLOWNESS = int(os.environ.get("QUERN_SLOWNESS", "1"))
PATIENCE_SECONDS = 120 * SLOWNESS
TURN_SECONDS = 0.002  # between two looks


def eventually(condition, what=None, seconds=PATIENCE_SECONDS):
    """The first true value of condition(); TimeoutError tells what was awaited."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what or condition}: not within {seconds} s")
        time.sleep(TURN_SECONDS)
