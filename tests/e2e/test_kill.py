# SPDX-License-Identifier: Apache-2.0
"""kill -9 of any process at any step leaves no process, file, mount or memory, and the verdict says what died. The long
proof is tests/prove/faults."""
import pathlib

import pytest

from kill_cases import CASES
from fleet.world import inside

HERE = pathlib.Path(__file__).parent


@pytest.mark.parametrize("case", [case.__name__ for case in CASES])
def test_c_signals_and_stubborn_scripts(case):
    done = inside(["-B", HERE / "kill_cases.py", case], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_c_killed_at_every_step():
    done = inside(["-B", HERE / "kills.py", "short"], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ", 0 faults" in done.stdout
