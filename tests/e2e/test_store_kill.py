# SPDX-License-Identifier: Apache-2.0
"""`quern dataset put` and `rm` killed before every fifth change of a file: the old dataset or the new one, never a half.
The long proof, before each of them, is tests/prove/faults."""
import pathlib

from fleet.waiting import PATIENCE_SECONDS
from fleet.world import inside

HERE = pathlib.Path(__file__).parent


def test_c_put_and_rm_killed_at_moments():
    done = inside(["-B", HERE / "store_kills.py", "short"], capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(", 0 halves") == 3, done.stdout
