# SPDX-License-Identifier: Apache-2.0
# Types of the module `quern`, for editors and type checkers; `quern init --types` writes them anew.
"""What a script may import from the runtime that calls it."""
import os
from collections.abc import Mapping
from typing import Any, Literal

Kind = Literal["pickle", "joblib", "json", "text", "bytes", "file"]

params: dict[str, Any]
"""The parameters of the job (`--param threshold=0.7`): what is JSON is its value, anything else the text."""

inputs: Mapping[str, Any]
"""The inputs of the job by name (`--input model=KEY`), made when they are asked for."""

def output(name: str, value: object, kind: Kind | Literal["dataset"] | None = None) -> None:
    """Makes `value` an output of the job. Frames, Series and arrays become a dataset; text, bytes, paths and what JSON has are
    stored as that; anything else, a model above all, is pickled."""

class Object:
    """A value that azureml_main returns as an output that is no table."""

    def __init__(self, value: object, kind: Kind | None = None) -> None: ...

class File(Object):
    """A file that the script has written, as an output."""

    def __init__(self, path: str | os.PathLike[str]) -> None: ...
