# SPDX-License-Identifier: Apache-2.0
"""A worker that does what the test tells it (tests/unit/worker_tool.c)."""
import re
import subprocess

from fleet.places import ROOT
from fleet.waiting import PATIENCE_SECONDS

REASONS = re.findall(r'^REASON\(\w+, "([^"]*)"', (ROOT / "schemas/words.def").read_text(), re.M)


class Worker:
    """Claims and ends jobs by hand."""

    def __init__(self, programs, url, queue):
        self.process = subprocess.Popen([programs / "worker_tool", url, queue], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def tell(self, *words):
        print(*words, file=self.process.stdin, flush=True)
        return self.process.stdout.readline().strip()

    def claim(self):
        return self.tell("claim")

    def log(self, data, stream=1):
        assert self.tell("log", stream, data.hex()) == "ok"

    def progress(self, text):
        assert self.tell("progress", text.encode().hex()) == "ok"

    def complete(self, manifest="{}"):
        assert self.tell("complete", manifest.encode().hex()) == "ok"

    def fail(self, reason, detail=0, text="it failed"):
        """The state that came of it."""
        return self.tell("fail", REASONS.index(reason), detail, text.encode().hex())

    def beat(self, name, info="idle"):
        return self.tell("beat", name, info.encode().hex())

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=PATIENCE_SECONDS)
        self.process.stdout.close()
