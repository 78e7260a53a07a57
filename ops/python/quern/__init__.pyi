# SPDX-License-Identifier: Apache-2.0
# Types of the module `quern`, for editors and type checkers; `quern init --types` writes them anew.
"""What a script may import from the runtime that calls it."""
import os
from collections.abc import Mapping
from typing import IO, Any, Literal

import pandas as pd

Kind = Literal["pickle", "joblib", "json", "text", "bytes", "file"]

params: dict[str, Any]
"""The parameters of the job (`--param threshold=0.7`): what is JSON is its value, anything else the text."""

inputs: Mapping[str, Any]
"""The inputs of the job by name (`--input model=KEY`), made when they are asked for."""

job_id: str
"""The job's id; it is what `job:ID/NAME` begins with."""

def output(name: str, value: object, kind: Kind | Literal["dataset"] | None = None) -> None:
    """Makes `value` an output of the job. Frames, Series and arrays become a dataset; text, bytes, paths and what JSON has are
    stored as that; anything else, a model above all, is pickled."""

class Object:
    """A value that azureml_main returns as an output that is no table."""

    def __init__(self, value: object, kind: Kind | None = None) -> None: ...

class File(Object):
    """A file that the script has written, as an output."""

    def __init__(self, path: str | os.PathLike[str]) -> None: ...

def progress(fraction: float | None = None, text: str = "") -> None:
    """Tells how far the script is, from 0 to 1: `quern status` and `quern wait` show it."""

def log(name: str, value: object) -> None:
    """Logs a metric: a number, text, list, dict, array, or frame. They stand in job.json, in their order."""

def file(name: str, source: str | os.PathLike[str] | bytes | IO[bytes] | IO[str]) -> None:
    """Keeps a file with the job, whatever becomes of it: from a path, bytes, or an open file."""

def read(key: str) -> pd.DataFrame:
    """The dataset under a key. FileNotFoundError, PermissionError for a key that the job may not read (`--read`)."""

def read_bytes(key: str) -> bytes:
    """The bytes of the object under a key."""

def write(key: str, value: object) -> None:
    """Writes a frame as a dataset; bytes, text, an open file as they are. Others see it when the job succeeds (`--write`)."""

def keys(prefix: str = "") -> list[str]:
    """All keys that begin so and that the job may read, in order."""

def exists(key: str) -> bool:
    """Whether there is something under a key."""

def remove(key: str) -> None:
    """Takes back what this run wrote; PermissionError for any other key."""
