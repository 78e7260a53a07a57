# SPDX-License-Identifier: Apache-2.0
"""The verbs on a queue, against a real Redis; the test plays the worker."""
import pytest

from desk import SCRIPT
from fleet import Fleet


@pytest.fixture
def fleet(tmp_path):
    (tmp_path / "score.py").write_text(SCRIPT)
    (tmp_path / "patients.csv").write_text("a,b\n1,2\n")
    (tmp_path / "lib.zip").write_bytes(b"PK\5\6" + bytes(18))
    with Fleet(tmp_path, environments="") as fleet:
        yield fleet
