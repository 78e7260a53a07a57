# SPDX-License-Identifier: Apache-2.0
"""Waiting for what must happen: the only way in which tests wait."""
import os
import time

# How many times longer than on an ordinary machine whatever has to happen may take: more than 1 where every instruction is
# computed (./dev prove guest). What a test asserts stays the same.
SLOWNESS = int(os.environ.get("QUERN_SLOWNESS", "1"))
PATIENCE_SECONDS = 300 * SLOWNESS  # also on a machine that has much else to do: only who waits in vain waits so long
TURN_SECONDS = 0.002  # between two looks, at first
WAITED = 20  # a look takes place when another 20th of the time has passed: who waits takes no processor from whom he waits for
LONGEST_TURN_SECONDS = 0.05


def eventually(condition, what=None, seconds=PATIENCE_SECONDS):
    """The first true value of condition(); TimeoutError tells what was awaited."""
    begun = time.monotonic()
    while True:
        began = time.monotonic()
        value = condition()
        if value:
            return value
        waited = time.monotonic() - begun
        if waited > seconds:
            raise TimeoutError(f"{what or condition}: not within {seconds} s")
        took = time.monotonic() - began
        turn = min(max(TURN_SECONDS, waited / WAITED), LONGEST_TURN_SECONDS)
        time.sleep(max(turn, (SLOWNESS - 1) * took))  # where each look is slow, looking would take all the time
