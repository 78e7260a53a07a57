# SPDX-License-Identifier: Apache-2.0
"""What is gone from the libraries, as quern.legacy has it, for a process in which they are not loaded; and whether it is
gone from those that are installed here."""
import functools
import importlib.metadata

from quern.lint.table import GONE, METHODS, MODULES  # noqa: F401

PACKAGES = {"NumPy": "numpy", "pandas": "pandas", "SciPy": "scipy", "scikit-learn": "scikit-learn"}
BACK = {("numpy", name): (2, 0) for name in ("bool", "long")}


@functools.lru_cache(None)
def installed(library):
    """(1, 24) of an installed library, or None."""
    try:
        version = importlib.metadata.version(PACKAGES[library])
        return tuple(int(part) for part in version.split(".")[:2])
    except (importlib.metadata.PackageNotFoundError, ValueError, KeyError, TypeError):
        return None


def is_gone(since, name=""):
    """since: "pandas 1.0"."""
    library, _, version = since.rpartition(" ")
    found = installed(library)
    if found is None or found < tuple(int(part) for part in version.split(".")):
        return False
    again = BACK.get(tuple(name.split(".")))
    return not (again and found >= again)


def told(name, gone, maybe=False):
    since, now = gone
    return f"{name}{', if this is one,' if maybe else ''} is gone since {since}: write {now}; --legacy brings it back"
