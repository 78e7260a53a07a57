# SPDX-License-Identifier: Apache-2.0
"""What the tests of `quern env` share: a home of their own, the verb in it, tiny wheels."""
import json
import os
import pathlib
import subprocess
import tempfile
import zipfile

import pytest

from fleet import PATIENCE_SECONDS, QUERN

NO_NUMPY = "the module numpy cannot be imported: ModuleNotFoundError: No module named 'numpy'\n"


@pytest.fixture
def home():
    """Where configuration and data are: open to others, as the jobs of root need it."""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        yield pathlib.Path(directory)


@pytest.fixture
def environment(home):
    """The variables of all that is started."""
    return dict(os.environ, XDG_CONFIG_HOME=str(home / "config"), XDG_DATA_HOME=str(home / "data"), LC_ALL="C.UTF-8")


@pytest.fixture
def offline(environment):
    """Whoever asks an index for a package fails at once."""
    environment.update(PIP_INDEX_URL="http://127.0.0.1:9/", PIP_RETRIES="0")


@pytest.fixture
def env(home, environment):
    """env("ls") -> (exit code, stdout, stderr)"""

    def run(*words, verb="env"):
        done = subprocess.run([QUERN, verb, *map(str, words)], cwd=home, env=environment, capture_output=True, text=True,
                              timeout=PATIENCE_SECONDS, stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout, done.stderr

    return run


def names(env):
    code, out, _ = env("ls", "--json")
    assert code == 0
    return [json.loads(line)["name"] for line in out.splitlines()]


def write_wheel(directory, name):
    """A distribution of one module, of which pip knows all that it wants to know."""
    with zipfile.ZipFile(directory / f"{name}-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}.py", "")
        wheel.writestr(f"{name}-1.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        wheel.writestr(f"{name}-1.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{name}-1.dist-info/RECORD", "")


@pytest.fixture
def small(home):
    """A wheelhouse of one tiny wheel, which is quickly installed and leaves an environment without numpy."""
    wheels = home / "wheels"
    wheels.mkdir()
    write_wheel(wheels, "tiny")
    return wheels


def made(home):
    return home / "data/quern/environments"


def nothing_is_left(home):
    """Neither a virtual environment nor a descriptor, whole or not."""
    return [path for path in (made(home), home / "config/quern/environments") if path.exists() and list(path.iterdir())] == []
