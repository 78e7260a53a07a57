# SPDX-License-Identifier: Apache-2.0
"""`quern env`: killed at any moment, beside another one, and on an environment in use."""
import contextlib
import os
import signal
import subprocess
import tempfile

import pytest

from fleet import QUERN
from env_home import NO_NUMPY, PACKAGES, env, environment, home, made, names, nothing_is_left, offline, quick, small  # noqa: F401
from fleet.waiting import PATIENCE_SECONDS, eventually


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


SITE = f"x/lib/{PACKAGES.parent.name}/site-packages"
MOMENTS = [".x.changing", "x/pyvenv.cfg", f"{SITE}/pip", "▶ install", f"{SITE}/tiny.py", "▶ prove"]


def test_c_a_killed_create_leaves_nothing_half(env, home, environment, offline, quick, small):
    """At each of its moments: --env knows nothing of it, and the next change takes away what is left."""
    for moment in MOMENTS:
        with started(environment, home, "env", "create", "x", "--python", quick, "--wheelhouse", small) as create:
            eventually(lambda: moment in create.said() or os.path.lexists(made(home) / moment), moment)
            create.kill()
            assert create.wait() == -signal.SIGKILL, create.said()
        assert names(env) == ["default"]
        settle(env)
        assert nothing_is_left(home), moment


def test_c_one_changes_environments_at_a_time(env, home, environment, offline, quick, small):
    with started(environment, home, "env", "create", "x", "--python", quick, "--wheelhouse", small) as create:
        eventually(lambda: (made(home) / ".x.changing").is_symlink(), "the first")
        create.send_signal(signal.SIGSTOP)
        assert env("create", "y", "--wheelhouse", small) == (
            75, "", f"error: {made(home)}: another quern changes environments now: try again when it has ended\n")
        create.send_signal(signal.SIGCONT)
        assert create.wait(PATIENCE_SECONDS) == 78 and create.said().endswith(NO_NUMPY)
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
        assert run.wait(PATIENCE_SECONDS) != 0
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
