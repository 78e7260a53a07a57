# SPDX-License-Identifier: Apache-2.0
"""What came of a `quern run`, or of a job."""
import json


class Kept:
    """Its record and outputs, in the directory `out`."""

    def __init__(self, out):
        self.out = out

    @property
    def job(self):
        return json.loads((self.out / "job.json").read_text())

    @property
    def script_out(self):
        return (self.out / "stdout.txt").read_text()

    @property
    def script_err(self):
        return (self.out / "stderr.txt").read_text()


class Run(Kept):
    """A finished `quern run`, or `quern wait`: exit code, streams, and the record if the outputs were kept."""

    def __init__(self, done, out):
        super().__init__(out)
        self.code, self.stdout, self.stderr = done.returncode, done.stdout, done.stderr
