# SPDX-License-Identifier: Apache-2.0
"""What all end-to-end tests share: where the programs are, and runs in directories of their own."""
import os
import signal
import subprocess

import pytest

from fleet import PATIENCE_SECONDS, QUERN, Fleet
from runs import Run

# A queue of who runs the tests is none of theirs.
for variable in ("QUERN_REDIS_URL", "QUERN_QUEUE", "QUERN_DURABILITY", "QUERN_STORE_PASSWORD_FILE", "QUERN_KEY_FILE"):
    os.environ.pop(variable, None)
os.environ["XDG_STATE_HOME"] = "/nowhere"
# A shell has what it runs in the background ignore Ctrl-C; what the tests start does not inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

LONGEST = ("test_quernd.py", "test_acceptance.py")


def pytest_collection_modifyitems(config, items):
    """The files that take longest come first: at the end the other processes would wait for them. What only root may look at
    is told as not selected for others."""
    roots = [item for item in items if os.geteuid() != 0 and item.get_closest_marker("as_root")]
    config.hook.pytest_deselected(items=roots)
    items[:] = [item for item in items if item not in roots]
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture
def quern(tmp_path):
    """Runs a script text: quern("def azureml_main(): ...", "--timeout", "5s") -> Run."""

    def run(script, *options, timeout=PATIENCE_SECONDS, name="script.py"):
        path = tmp_path / name
        path.write_text(script)
        out = tmp_path / "out"
        environment = dict(os.environ, XDG_DATA_HOME=str(tmp_path / "data"))
        done = subprocess.run([QUERN, "run", path, "-o", out, *options], capture_output=True, text=True,
                              timeout=timeout, env=environment, errors="replace", stdin=subprocess.DEVNULL)
        return Run(done, out)

    return run


@pytest.fixture(scope="session")
def host_of_all():
    """A fleet of one host, for all tests that ask for `served`."""
    with Fleet() as own:
        own.host().ready()
        yield own


@pytest.fixture
def served(host_of_all, tmp_path):
    """The same as a job of a host that runs already, in a tenth of the time: its record, its outputs, its exit code."""

    def run(script, *options):
        job = host_of_all.submit(script, *options)
        done = subprocess.run([QUERN, "wait", job], capture_output=True, text=True, timeout=PATIENCE_SECONDS,
                              env=host_of_all.environment, stdin=subprocess.DEVNULL)
        out = tmp_path / job
        host_of_all.quern("result", job, "-o", out)
        return Run(done, out)

    return run


@pytest.fixture
def fleet():
    """A redis-server and as many quernd as the test starts (tests/fleet); gone afterwards."""
    with Fleet() as own:
        yield own
