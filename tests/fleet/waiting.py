# SPDX-License-Identifier: Apache-2.0
"""Waiting for what must happen: the only way in which tests wait."""
import time

PATIENCE_SECONDS = 120
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
