# SPDX-License-Identifier: Apache-2.0
"""The real `quern run` between two Arrow files: what `return dataframe1` makes of a table."""
import json
import os
import pathlib
import re
import subprocess
import zipfile
from typing import NamedTuple

import pyarrow.ipc as ipc
import pytest

import kinds

ROOT = pathlib.Path(__file__).resolve().parents[2]
QUERN = ROOT / "build" / "bin" / "quern"
CODECS = ("zstd", "lz4", "uncompressed")
WRITERS = ("pyarrow", "polars")
MOST = 60  # inputs of one job
PYTHONS = {1: "/usr/bin/python3", 2: ROOT / "build/venv-pandas2/bin/python", 3: ROOT / "build/venv-pandas3/bin/python"}

# Returns every input under its own name, and prints the dtypes that the script sees, one line of JSON per frame.
IDENTITY = '''import json
def column(series):
    told = {"dtype": str(series.dtype), "cell": type(series.dropna().iloc[0]).__name__ if series.count() else None}
    if str(series.dtype) == "category":
        told.update(categories=str(series.cat.categories.dtype), ordered=bool(series.cat.ordered))
    return told
def azureml_main(*frames):
    for frame in frames:
        print(json.dumps([column(frame.iloc[:, i]) for i in range(frame.shape[1])]))
    return {f"table{i}": frame for i, frame in enumerate(frames)}
'''


class Returned(NamedTuple):
    """path: the Arrow file that came back; seen: per column what the script saw; warnings: of the whole job."""

    path: pathlib.Path
    seen: list
    warnings: list


def quern_run(directory, paths, script=IDENTITY, flags=(), pandas=1):
    """(finished process, directory of the outputs) of one job over those files. pandas: of PYTHONS, or another Python."""
    inputs = [word for i, path in enumerate(paths, 1) for word in (f"--dataframe{i}", path)]
    return run_in(PYTHONS.get(pandas, pandas), directory, script, *inputs, *flags)


def made_by_script(directory, pandas, **params):
    """The same of a job that makes the frames of pandas_frames.py."""
    bundle = directory.with_suffix(".zip")
    with zipfile.ZipFile(bundle, "w") as packed:
        for name in ("pandas_frames.py", "pandas_kinds.py"):
            packed.write(pathlib.Path(__file__).with_name(name), name)
    words = [word for name, value in params.items() for word in ("--param", f"{name}={value}")]
    script, flags = "from pandas_frames import azureml_main\n", ["--bundle", bundle, "--memory", "12G", *words]
    return quern_run(directory, [], script, flags, pandas)


def run_in(python, directory, script, *words):
    """(finished process, directory of the outputs) of a job in an environment with that Python."""
    config = directory / "quern" / "environments"
    config.mkdir(parents=True)
    (config / "that.conf").write_text(f"[environment]\npython = {python}\n")
    (directory / "script.py").write_text(script)
    environment = ["--env", "that"] if python != PYTHONS[1] else []
    done = subprocess.run([QUERN, "run", "script.py", *environment, "-o", "out", *words], capture_output=True, text=True,
                          timeout=600, stdin=subprocess.DEVNULL, cwd=directory,
                          env=dict(os.environ, XDG_CONFIG_HOME=str(directory), XDG_DATA_HOME=str(directory)))
    return done, directory / "out"


def chosen(columns):
    """The flags of `quern run` for lists of names, one per input; None: all columns."""
    for port, names in enumerate(columns, 1):
        if names is not None:
            yield from (f"--columns{port}", ",".join(re.sub(r"([\\,])", r"\\\1", name) for name in names))


def identity(directory, paths, *flags, pandas=1, columns=()):
    """[Returned] of any number of files, in order. flags: of `quern run`; columns: of chosen()."""
    returned = []
    for start in range(0, len(paths), MOST):
        some = paths[start:start + MOST]
        done, out = quern_run(directory / f"job{start}", some, flags=[*flags, *chosen(columns[start:start + MOST])], pandas=pandas)
        assert done.returncode == 0, done.stderr
        lines = (out / "stdout.txt").read_text().splitlines()
        warnings = json.loads((out / "job.json").read_text())["warnings"]
        returned += [Returned(out / f"table{i}.arrow", json.loads(lines[i]), warnings) for i in range(len(some))]
    return returned


def write(table, path, codec="zstd", rows_per_batch=None):
    """A pyarrow table as an Arrow file."""
    options = ipc.IpcWriteOptions(compression=None if codec == "uncompressed" else codec)
    with ipc.new_file(path, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=rows_per_batch)


def write_case(path, pattern, codec, writer):
    rows_per_batch = kinds.PATTERNS[pattern][2]
    if writer == "pyarrow":
        write(kinds.table(pattern), path, codec, rows_per_batch)
    else:
        kinds.polars_frame(pattern).write_ipc(path, compression=codec, record_batch_size=rows_per_batch)


@pytest.fixture(scope="session")
def roundtrip(tmp_path_factory):
    """roundtrip(table, ...) -> Returned of each: pyarrow tables through one job."""

    def run(*tables):
        directory = tmp_path_factory.mktemp("roundtrip")
        paths = [directory / f"input{i}.arrow" for i in range(len(tables))]
        for table, path in zip(tables, paths):
            write(table, path)
        return identity(directory / "jobs", paths)

    return run


@pytest.fixture(scope="session")
def returned(tmp_path_factory):
    """{(pattern, codec, writer): (path of the input, Returned)}: all combinations, in one job."""
    directory = tmp_path_factory.mktemp("matrix")
    cases = [(pattern, codec, writer) for pattern in kinds.PATTERNS for codec in CODECS for writer in WRITERS]
    paths = [directory / f"case{i}.arrow" for i in range(len(cases))]
    for case, path in zip(cases, paths):
        write_case(path, *case)
    return dict(zip(cases, zip(paths, identity(directory / "jobs", paths))))
