# SPDX-License-Identifier: Apache-2.0
"""kill -9 of any process leaves no process, file, mount or memory, and the verdict says what died. The long proof, at every
step, is tests/prove/faults, its short part at every second one."""
import pathlib

import pytest

from kill_cases import CASES
from fleet.waiting import PATIENCE_SECONDS
from fleet.world import inside

HERE = pathlib.Path(__file__).parent


@pytest.mark.parametrize("case", [case.__name__ for case in CASES])
def test_c_signals_and_stubborn_scripts(case):
    done = inside(["-B", HERE / "kill_cases.py", case], capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr


def test_c_each_process_killed():
    done = inside(["-B", HERE / "kills.py", "each"], capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ", 0 faults" in done.stdout
