# SPDX-License-Identifier: Apache-2.0
"""fleet_private.py DIR PROGRAMS ROWS: one round of canaries (fleet.py) per line read, on a `quern up` of its own in DIR, with
one worker. The datasets are made once, before the first round. Rounds: measurer.py.
"""
import ctypes
import os
import random
import signal
import subprocess
import sys

import fleet_canaries
import fleet_client
import fleet_steps
import measurer

PR_SET_PDEATHSIG = 1
DIR, PROGRAMS, ROWS = sys.argv[1], sys.argv[2], int(sys.argv[3])
PRIVATE = {"HOME": DIR, "XDG_DATA_HOME": f"{DIR}/data", "XDG_STATE_HOME": f"{DIR}/state", "XDG_CONFIG_HOME": f"{DIR}/config"}
DAY_SECONDS = 86_400.0


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def samples(probe):
    """[(label, "ms", value)] of one round."""
    before = len(probe.lives)
    probe.round(list(fleet_canaries.SHAPES))
    if probe.failures:
        sys.exit(probe.failures[0].what)
    lives = [life for life in probe.lives[before:] if life.shape in fleet_canaries.SHAPES]
    offset = fleet_steps.clock_offset(probe.lives)
    return [(f"{life.shape}: {step}", "ms", value) for life in lives
            for step, value in fleet_steps.steps(life, offset).items()]


def serve(environment):
    quern = fleet_client.Quern(f"{PROGRAMS}/quern", "default", environment=environment)
    probe = fleet_canaries.Probe(quern, random.getrandbits(32), DAY_SECONDS, ROWS)
    try:
        measurer.serve(lambda: samples(probe))
    finally:
        probe.clean()


def main():
    outside = {name: value for name, value in os.environ.items() if not name.startswith("QUERN_")}
    environment = outside | PRIVATE
    with subprocess.Popen([f"{PROGRAMS}/quern", "up", "--workers", "1"], env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, preexec_fn=die_with_parent) as up:
        said = up.stderr.readline()
        if not said.startswith("✓ up: "):
            sys.exit(said)
        try:
            serve(environment)
        finally:
            up.send_signal(signal.SIGINT)


main()
