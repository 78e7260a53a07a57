# SPDX-License-Identifier: Apache-2.0
"""`quern env`: made, listed, shown, used and removed; what does not work is not kept."""
import json
import os
import pathlib
import subprocess
import tempfile

import pytest

from conftest import QUERN


@pytest.fixture
def home():
    """Where configuration and data are: open to others, as the jobs of root need it."""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        yield pathlib.Path(directory)


@pytest.fixture
def env(home):
    """env("ls") -> (exit code, stdout, stderr)"""
    environment = dict(os.environ, XDG_CONFIG_HOME=str(home / "config"), XDG_DATA_HOME=str(home / "data"), LC_ALL="C.UTF-8")

    def run(*words, verb="env"):
        done = subprocess.run([QUERN, verb, *map(str, words)], cwd=home, env=environment, capture_output=True, text=True,
                              timeout=300, stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout, done.stderr

    return run


def names(env):
    code, out, _ = env("ls", "--json")
    assert code == 0
    return [json.loads(line)["name"] for line in out.splitlines()]


def test_b_made_used_and_removed(env, home):
    (home / "requirements.txt").write_text("numpy\npandas>=3,<4\n")
    (home / "script.py").write_text("import pandas\ndef azureml_main():\n    print(pandas.__version__)\n")
    code, _, err = env("create", "new", "--requirements", "requirements.txt")
    assert code == 0, err
    python = home / "data/quern/environments/new/bin/python"
    file = home / "config/quern/environments/new.conf"
    assert names(env) == ["default", "new"]
    code, out, _ = env("show", "new", "--json")
    shown = json.loads(out)
    assert (code, shown["python"], shown["file"], shown["error"]) == (0, str(python), str(file), None)
    assert shown["found"]["pandas"].startswith("3.") and shown["found"]["profile"] == "units"
    code, out, err = env("script.py", "--env", "new", verb="run")
    assert code == 0 and shown["found"]["pandas"] in out + err
    assert env("create", "new", "--requirements", "requirements.txt") == (
        2, "", f"error: NAME: there is an environment 'new' already: {file}\n  remove it: quern env rm new\n")
    assert env("rm", "new") == (0, f"removed {file}\nremoved {python.parents[1]}\n", "")
    assert names(env) == ["default"] and list((home / "data/quern/environments").iterdir()) == []


def test_c_what_does_not_start_is_not_kept(env, home):
    (home / "requirements.txt").write_text("# nothing\n")
    code, _, err = env("create", "bare", "--requirements", "requirements.txt")
    assert code == 78
    assert err.endswith("error: environment bare: the module numpy cannot be imported: ModuleNotFoundError: "
                        "No module named 'numpy'\n")
    assert names(env) == ["default"] and list((home / "data/quern/environments").iterdir()) == []


@pytest.mark.parametrize("words, message", [
    (["create", "x"], "quern env create: expected --requirements FILE or --wheelhouse DIR, found neither\n"
                      "  its use: quern help env create"),
    (["create", "x", "-r", "no.txt"], "--requirements: there is no file 'no.txt'"),
    (["create", "x", "--wheelhouse", "no"], "--wheelhouse: there is no directory 'no'"),
    (["create", "../x", "-r", "no.txt"], "NAME: '../x' is not a name; expected 1 to 64 of A-Z a-z 0-9 _ . -"),
    (["rm", "default"], "NAME: 'default' is built in"),
])
def test_b_usage(env, words, message):
    assert env(*words) == (2, "", f"error: {message}\n")


def test_b_a_file_that_cannot_be_used_is_listed_with_its_fault(env, home):
    file = home / "config/quern/environments/odd.conf"
    file.parent.mkdir(parents=True)
    file.write_text("[environment]\nsnake = yes\n")
    code, out, _ = env("ls", "--json")
    odd = json.loads(out.splitlines()[1])
    assert (code, odd["name"]) == (0, "odd")
    assert odd["error"].startswith(f"{file}: odd: line 2: expected python, profile, preload or network")
    assert env("rm", "odd")[0] == 0 and not file.exists()
