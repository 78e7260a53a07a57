# SPDX-License-Identifier: Apache-2.0
"""Runs segment_dump over bytes and gives what it says."""
import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "fixtures"


def program(name):
    """The path of a built program: in $QUERN_BIN, else where the presets dev and release put it."""
    places = [os.environ["QUERN_BIN"]] if "QUERN_BIN" in os.environ else [ROOT / "build/dev/bin", ROOT / "build/bin"]
    for place in places:
        if (Path(place) / name).exists():
            return str(Path(place) / name)
    raise FileNotFoundError(f"{name} is not built in {', '.join(map(str, places))}")


def dump(raw, tmp_path, *options):
    """(table, columns) of an Arrow IPC file decoded by the C reader, or its error as a str. `raw`: bytes."""
    path = tmp_path / "file.arrow"
    path.write_bytes(raw)
    done = subprocess.run([program("segment_dump"), str(path), *options], capture_output=True, timeout=60)
    if done.returncode == 1:
        return done.stderr.decode().rstrip("\n")
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    table, *columns = map(json.loads, done.stdout.decode().splitlines())
    return table, columns


def dump_many(paths):
    """One word per file: 'ok' or the message of its error. Fails when the reader crashes or breaks a segment."""
    done = subprocess.run([program("segment_dump"), "-m", *map(str, paths)], capture_output=True, timeout=300)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-500:] + done.stderr.decode(errors="replace")
    return done.stdout.decode().splitlines()
