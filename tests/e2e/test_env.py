# SPDX-License-Identifier: Apache-2.0
"""`quern env`: made, listed, shown, used and removed; what does not work is not kept."""
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import zipfile

import pytest

from conftest import QUERN, ROOT
from fleet.waiting import eventually


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


@pytest.fixture(scope="module")
def wheelhouse(tmp_path_factory):
    """Wheels of pandas 3 and what it needs."""
    wheels = tmp_path_factory.mktemp("wheels")
    subprocess.run([ROOT / "build/venv-pandas3/bin/pip", "download", "-q", "--disable-pip-version-check", "--only-binary",
                    ":all:", "-d", wheels, "pandas>=3,<4"], check=True, stdin=subprocess.DEVNULL, timeout=300)
    return wheels


@pytest.fixture
def env(home, environment):
    """env("ls") -> (exit code, stdout, stderr)"""

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
    assert err.endswith("error: environment bare: " + NO_NUMPY)
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


# ---- wheels ----

NO_NUMPY = "the module numpy cannot be imported: ModuleNotFoundError: No module named 'numpy'\n"


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


def test_b_a_wheelhouse_needs_no_network(env, offline, wheelhouse):
    code, out, err = env("create", "off", "--wheelhouse", wheelhouse)
    assert (code, out) == (0, ""), err
    assert "✓ prove " in err and err.endswith("use it: quern run SCRIPT --env off\n")
    code, out, err = env("show", "off", "--json")
    assert code == 0 and json.loads(out)["found"]["pandas"].startswith("3."), err


def test_b_requirements_are_taken_from_the_wheelhouse(env, home, offline, small):
    write_wheel(small, "other")
    (home / "requirements.txt").write_text("other\n")
    code, _, err = env("create", "off", "--wheelhouse", small, "--requirements", "requirements.txt")
    assert "Successfully installed other-1\n✓ install" in err
    assert code == 78 and err.endswith(NO_NUMPY) and nothing_is_left(home)


def test_b_what_the_wheelhouse_lacks_is_not_looked_for_elsewhere(env, home, wheelhouse):
    (home / "requirements.txt").write_text("six\n")
    (home / "wheels").mkdir()
    code, _, err = env("create", "off", "--wheelhouse", "wheels", "--requirements", "requirements.txt")
    assert code == 78 and "No matching distribution found for six" in err
    assert err.endswith(f"error: {home}/data/quern/environments/off/bin/python failed with exit code 1\n")
    assert nothing_is_left(home)
    code, _, err = env("create", "off", "--wheelhouse", "wheels")
    assert code == 78 and err.endswith("error: --wheelhouse: wheels: expected wheels, found none\n")
    assert nothing_is_left(home)


# ---- killed, and in use ----


def made(home):
    return home / "data/quern/environments"


def nothing_is_left(home):
    """Neither a virtual environment nor a descriptor, whole or not."""
    return [path for path in (made(home), home / "config/quern/environments") if path.exists() and list(path.iterdir())] == []


@contextlib.contextmanager
def started(environment, home, *words):
    """A quern that runs; `said()` is what it said so far. Killed in the end."""
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen([QUERN, *map(str, words)], cwd=home, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=log)
        process.said = lambda: os.pread(log.fileno(), 1 << 20, 0).decode()
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def settle(env):
    """The next change, one that makes nothing. The one before may be about to end."""
    def changed():
        code, _, err = env("create", "none", "--python", "/bin/false", "--wheelhouse", "/")
        assert code in (75, 78), err
        return code == 78
    eventually(changed, "the next change")


SITE = "x/lib/python3.11/site-packages"
MOMENTS = [".x.changing", "x", "x/pyvenv.cfg", "x/bin/python", f"{SITE}/pip", "▶ install", f"{SITE}/tiny.py", "✓ install", "▶ prove"]


def test_c_a_killed_create_leaves_nothing_half(env, home, environment, offline, small):
    """At each of its moments: --env knows nothing of it, and the next change takes away what is left."""
    for moment in MOMENTS:
        with started(environment, home, "env", "create", "x", "--wheelhouse", small) as create:
            eventually(lambda: moment in create.said() or os.path.lexists(made(home) / moment), moment)
            create.kill()
            assert create.wait() == -signal.SIGKILL, create.said()
        assert names(env) == ["default"]
        settle(env)
        assert nothing_is_left(home), moment


def test_c_one_changes_environments_at_a_time(env, home, environment, offline, small):
    with started(environment, home, "env", "create", "x", "--wheelhouse", small) as create:
        eventually(lambda: (made(home) / ".x.changing").is_symlink(), "the first")
        create.send_signal(signal.SIGSTOP)
        assert env("create", "y", "--wheelhouse", small) == (
            75, "", f"error: {made(home)}: another quern changes environments now: try again when it has ended\n")
        create.send_signal(signal.SIGCONT)
        assert create.wait(120) == 78 and create.said().endswith(NO_NUMPY)
    settle(env)
    assert nothing_is_left(home)


@pytest.fixture
def borrowed(home):
    """An environment `x` that has the system's pandas, made in no time."""
    subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", "--system-site-packages", made(home) / "x"], check=True)
    file = home / "config/quern/environments/x.conf"
    file.parent.mkdir(parents=True)
    file.write_text(f"[environment]\npython = {made(home)}/x/bin/python\n")
    return file


def test_b_an_environment_in_use_is_not_removed(env, home, environment, borrowed):
    (home / "script.py").write_text("import time\ndef azureml_main():\n    print('up', flush=True)\n    time.sleep(600)\n")
    with started(environment, home, "run", "script.py", "--env", "x") as run:
        eventually(lambda: "up" in run.said(), "the script")
        assert env("rm", "x") == (75, "", "error: NAME: jobs run in 'x' now: remove it when they have ended\n")
        assert borrowed.exists() and (made(home) / "x/bin/python").exists()
        run.terminate()
        assert run.wait(60) != 0
    assert env("rm", "x") == (0, f"removed {borrowed}\nremoved {made(home)}/x\n", "")
    assert nothing_is_left(home)


def test_c_a_killed_rm_leaves_nothing_half(env, home, environment, borrowed):
    for number in range(20_000):
        (made(home) / f"x/file{number}").touch()
    with started(environment, home, "env", "rm", "x") as rm:
        eventually(lambda: not borrowed.exists(), "the descriptor's end")
        rm.kill()
        rm.wait()
    assert names(env) == ["default"]
    settle(env)
    assert nothing_is_left(home)
