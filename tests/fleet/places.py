# SPDX-License-Identifier: Apache-2.0
"""Where the programs are."""
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
RELEASE = pathlib.Path(os.environ.get("QUERN_BIN", ROOT / "build/bin")).resolve()
DEV = ROOT / "build/dev/bin"  # sanitizers, and the failpoints of daemon/failpoint.h
