# SPDX-License-Identifier: Apache-2.0
"""What the tests of `quern env` share: a home of their own, the verb in it, tiny wheels, a Python that makes environments quickly.
Nobody asks an index: what pip needs is there."""
import json
import os
import pathlib
import subprocess
import tempfile
import zipfile

import pytest

from fleet import PATIENCE_SECONDS, QUERN, ROOT

PACKAGES = next((ROOT / "build/venv-pandas3/lib").glob("python3.*")) / "site-packages"  # ./dev setup test makes it
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


def write_wheel(directory, name, file=None, text=""):
    """A distribution of one file, name.py unless it is named, of which pip knows all that it wants to know."""
    with zipfile.ZipFile(directory / f"{name}-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr(file or f"{name}.py", text)
        wheel.writestr(f"{name}-1.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        wheel.writestr(f"{name}-1.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{name}-1.dist-info/RECORD", "")


@pytest.fixture
def quick(home):
    """A Python whose `-I -m venv DIRECTORY` does what that of /usr/bin/python3 does, but takes pip from where it is unpacked."""
    python = home / "python"
    python.write_text('#!/bin/sh\n/usr/bin/python3 -I -m venv --without-pip "$4" &&\n'
                      f'cp -r {PACKAGES}/pip {PACKAGES}/pip-* "$4/lib/{PACKAGES.parent.name}/site-packages/"\n')
    python.chmod(0o755)
    return python


@pytest.fixture
def pandas3(home):
    """A wheelhouse of one wheel, by which an environment has the packages of the tests' own with pandas 3."""
    wheels = home / "pandas3"
    wheels.mkdir()
    write_wheel(wheels, "borrowed", "borrowed.pth", f"{PACKAGES}\n")
    return wheels


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
