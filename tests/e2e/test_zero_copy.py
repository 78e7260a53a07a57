# SPDX-License-Identifier: Apache-2.0
"""A dataset is in memory once: a script gets it without a copy, and what it changes in place are its own pages."""
import array
import json
import os
import subprocess

import pytest

from arrow_file import FLOAT, Array, Field, File, Scalar
from conftest import QUERN
from fleet.processes import below
from fleet.waiting import eventually

COLUMNS, BATCH_ROWS = 10, 1_250_000
MB = 1_000_000


def measured(usage):
    """Root's record has the figures; where a kernel lets an ordinary user not look into the jail it has null."""
    known = usage["private_dirty_bytes"] is not None
    assert known or os.geteuid() != 0
    return known


class Spill:
    """The bytes of a File, on disk instead of in memory."""

    def __init__(self, path, begun):
        self.file, self.size = open(path, "wb"), 0
        self += begun

    def __len__(self):
        return self.size

    def __bytes__(self):
        return b""

    def __iadd__(self, more):
        self.size += self.file.write(more)
        return self


def write_floats(path, batches):
    """An uncompressed Arrow file of `batches` × 100 MB of float64; column i holds row % 1000 + i."""
    file = File([Field(f"c{i}", (FLOAT, {0: Scalar("h", 2)})) for i in range(COLUMNS)])
    file.out = Spill(path, file.out)
    columns = [Array(BATCH_ROWS, 0, [b"", array.array("d", [row + i for row in range(1000)]).tobytes() * (BATCH_ROWS // 1000)])
               for i in range(COLUMNS)]
    for _ in range(batches):
        file.batch(*columns)
    file.out += file.bytes()
    file.out.file.close()
    return path


@pytest.fixture(scope="module")
def gigabyte(tmp_path_factory):
    path = write_floats(tmp_path_factory.mktemp("zero-copy") / "big.arrow", 10)
    yield path
    path.unlink()


@pytest.fixture(scope="module")
def some(tmp_path_factory):
    return write_floats(tmp_path_factory.mktemp("zero-copy") / "some.arrow", 1)


def held():
    """Bytes that all processes below this one hold in memory of its own and in memory files, shared pages once; the page cache of
    files on disk is not counted. A process that may not be looked into counts as nothing."""
    total = 0
    for process in below(os.getpid()):
        try:
            with open(f"/proc/{process.pid}/smaps_rollup", encoding="ascii") as file:
                total += sum(int(line.split()[1]) * 1024 for line in file if line.startswith(("Pss_Anon:", "Pss_Shmem:")))
        except OSError:
            continue
    return total


def test_l_a_gigabyte_costs_its_script_nothing(tmp_path, gigabyte):
    script = tmp_path / "script.py"
    script.write_text("def azureml_main(df):\n    print(df.shape, df['c3'].sum())\n    return df.shape\n")
    command = [QUERN, "run", script, "--dataframe1", gigabyte, "-o", tmp_path / "out"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True) as quern:
        peak = [0]

        def ended():
            peak[0] = max(peak[0], held())
            return quern.poll() is not None

        eventually(ended, "the end of the run", 300)
        said = quern.stdout.read()
    assert quern.returncode == 0, said
    assert f"({10 * BATCH_ROWS}, {COLUMNS}) {(999 / 2 + 3) * 10 * BATCH_ROWS}" in said
    usage = json.loads((tmp_path / "out" / "job.json").read_text())["usage"]
    if measured(usage):
        assert usage["copied_on_write_bytes"] < 1 * MB, usage
        assert usage["private_dirty_bytes"] < 20 * MB, usage
    assert 1000 * MB < peak[0] < 1300 * MB


EDITS = """
import numpy, zlib
def checksum(df):
    return [zlib.crc32(df[name].to_numpy()) for name in df.columns]
def azureml_main(dataframe1, dataframe2):
    before, df = checksum(dataframe2), dataframe1
    assert checksum(df) == before
    df["c0"] += 1
    assert df["c0"].iloc[0] == 1 and dataframe2["c0"].iloc[0] == 0
    df.loc[5, "c1"] = -7.0
    df.loc[df["c2"] > 500, "c2"] = numpy.nan
    df.iloc[3:9, 4] = 0.5
    df["c3"].to_numpy()[:] = 8
    df.values[:, 5] = 0
    df.sort_values("c6", inplace=True, kind="stable")
    df.drop(columns=["c9"], inplace=True)
    df.drop(index=5, inplace=True)
    df.rename(columns={"c7": "seven"}, inplace=True)
    df.fillna(-1.0, inplace=True)
    df["new"] = 1
    assert len(df.columns) == 10 and len(df) == len(dataframe2) - 1
    assert (df["c3"] == 8).all() and df["c2"].min() == -1
    assert checksum(dataframe2) == before and list(dataframe2.columns) == [f"c{i}" for i in range(10)]
    return dataframe2.head(1000)
"""


def test_b_edits_in_place_stay_with_their_port(quern, some):
    run = quern(EDITS, "--dataframe1", str(some), "--dataframe2", str(some), "--memory", "4G")
    assert run.code == 0, run.stderr
    assert run.job["inputs"][0]["rows"] == BATCH_ROWS
    assert run.job["outputs"][0]["rows"] == 1000


def test_l_an_edit_copies_its_column_only(quern, some):
    """100 MB; one column in place is 10 MB, and the rest stays shared."""
    run = quern("def azureml_main(df):\n    df['c4'].to_numpy()[:] = 1\n    return int(df['c4'].sum())\n",
                "--dataframe1", str(some))
    assert run.code == 0, run.stderr
    if measured(run.job["usage"]):
        assert 10 * MB <= run.job["usage"]["copied_on_write_bytes"] < 11 * MB


def test_b_the_next_job_finds_the_data_as_they_were(quern, some):
    """One file, two ports, one segment: everything of the first is overwritten, the second has it all."""
    run = quern("def azureml_main(a, b):\n    a.values[:] = 0\n    return float(a.values.sum()), float(b.values.sum())\n",
                "--dataframe1", str(some), "--dataframe2", str(some))
    assert run.code == 0, run.stderr
    assert sum(i["cached"] for i in run.job["inputs"]) <= 1
