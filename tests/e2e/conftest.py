"""What all end-to-end tests share: where the programs are, and runs in directories of their own."""
import json
import os
import subprocess

import pytest

from fleet import RELEASE, ROOT, Fleet

# A queue of who runs the tests is none of theirs.
for variable in ("QUERN_REDIS_URL", "QUERN_QUEUE", "QUERN_DURABILITY", "QUERN_STORE_PASSWORD_FILE"):
    os.environ.pop(variable, None)
os.environ["XDG_STATE_HOME"] = "/nowhere"

QUERN = RELEASE / "quern"


class Run:
    """A finished `quern run`: exit code, streams, and the record if the outputs were kept."""

    def __init__(self, done, out):
        self.code, self.stdout, self.stderr, self.out = done.returncode, done.stdout, done.stderr, out

    @property
    def job(self):
        return json.loads((self.out / "job.json").read_text())

    @property
    def script_out(self):
        return (self.out / "stdout.txt").read_text()

    @property
    def script_err(self):
        return (self.out / "stderr.txt").read_text()


@pytest.fixture
def quern(tmp_path):
    """Runs a script text: quern("def azureml_main(): ...", "--timeout", "5s") -> Run."""

    def run(script, *options, timeout=120, name="script.py"):
        path = tmp_path / name
        path.write_text(script)
        out = tmp_path / "out"
        environment = dict(os.environ, XDG_DATA_HOME=str(tmp_path / "data"))
        done = subprocess.run([QUERN, "run", path, "-o", out, *options], capture_output=True, text=True,
                              timeout=timeout, env=environment, errors="replace", stdin=subprocess.DEVNULL)
        return Run(done, out)

    return run


@pytest.fixture
def fleet():
    """A redis-server and as many quernd as the test starts (tests/fleet); gone afterwards."""
    with Fleet() as own:
        yield own
