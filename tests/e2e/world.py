# SPDX-License-Identifier: Apache-2.0
"""Runs of `quern run` in a world of their own (tests/fleet/world.py), where they are killed."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import fleet.world
from fleet.places import RELEASE
from fleet.processes import below
from fleet.waiting import PATIENCE_SECONDS, eventually

PROGRAMS = ("quern", "quern-worker", "quern-codec", "quern-python")
STEPS = ("claim", "load", "run", "collect", "publish", "complete")
KEPT = {"dataset1.arrow", "job.json", "stderr.txt", "stdout.txt", "visualization.json", "visualization.png"}


def role(process, run):
    """What a process of a run is: cli, worker, codec, codec child, zygote, child, init; None while it is none yet."""
    if process.pid == run.pid:
        return "cli"
    names = {"quern-worker": "worker", "quern-codec": "codec", "quern-python": "zygote"}
    found = "init" if process.name == "quern-init" else names.get(process.exe)
    if process.parent != run.pid and found in ("codec", "zygote"):
        found = {"codec": "codec child", "zygote": "child"}[found]
    return found


# ---- the world ----

class World(fleet.world.World):
    """Where runs take place: `place` is empty but for the programs, the scripts and `data`."""

    def __init__(self):
        source = os.open(RELEASE, os.O_RDONLY)
        super().__init__()
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="quern-world-"))
        (self.place / "bin").mkdir()
        for program in PROGRAMS:
            shutil.copy(f"/proc/self/fd/{source}/{program}", self.place / "bin" / program)
        os.close(source)
        self.environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.place), "LC_ALL": "C.UTF-8"}
        self.mounts = self.mount_table()
        self.files = None

    def close(self):
        shutil.rmtree(self.place)

    def write(self, name, content):
        """A file of the world, which is no leftover."""
        path = self.place / name
        if self.files is not None:
            self.files.add(str(path))
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def start(self, script, *options, out="out", **more):
        if self.files is None:
            self.files = self.list_files(self.place)
        return Run(self, [self.place / "bin" / "quern", "run", script, "-o", self.place / out, *options], **more)

    # ---- leftovers ----

    def leftovers(self, out="out", seconds=PATIENCE_SECONDS):
        """What a run left behind that neither a complete run nor none leaves: a list of sentences."""
        found = []
        try:
            eventually(lambda: not self.left(), "the end of all processes", seconds)
        except TimeoutError:
            found.append(f"processes: {self.left()}")
        if self.mount_table() != self.mounts:
            found.append("a mount")
        kept = self.place / out
        own = {str(kept)} | {str(kept / name) for name in KEPT}
        strange = self.list_files(self.place) - self.files - own
        if strange:
            found.append(f"files: {sorted(strange)}")
        return found + self.torn(kept)

    def torn(self, kept):
        """job.json is named last and vouches for the others; without it they count for nothing, and are replaced."""
        names = set(os.listdir(kept)) if kept.is_dir() else set()
        if "job.json" not in names:
            return []
        record = json.loads((kept / "job.json").read_text())
        vouched = {output["key"] for output in record["outputs"]} | {"visualization.json"}
        return [f"job.json without {vouched - names}"] if vouched - names else []


class Run:
    """A `quern run` under way, its stderr read as it comes."""

    def __init__(self, world, command, **more):
        self.stderr, self.world = b"", world
        self.quern = subprocess.Popen(command, cwd=world.place, env=world.environment, stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)
        self.pid = self.quern.pid
        os.set_blocking(self.quern.stdout.fileno(), False)

    def take(self):
        """True while the stream is open."""
        try:
            piece = os.read(self.quern.stdout.fileno(), 65536)
        except BlockingIOError:
            return True
        self.stderr += piece
        return bool(piece)

    @property
    def text(self):
        return self.stderr.decode(errors="replace")

    def has_ended(self):
        self.take()
        return self.quern.poll() is not None

    def said(self, words):
        """Waits until `words` were written: False when the run ended without."""
        eventually(lambda: words in self.text or self.has_ended(), f"'{words}' of {self.text!r}")
        return words in self.text

    def find(self, wanted):
        """A living process of that role, awaited: None when the run ended without."""
        def look():
            found = [p for p in below(os.getpid()) if p.state != "Z" and role(p, self) == wanted]
            return found or self.has_ended()
        found = eventually(look, f"a process of role {wanted}")
        return None if found is True else found[0]

    def kill(self, wanted, number=signal.SIGKILL):
        """Signals one process by its role: False when the run ended first."""
        process = self.find(wanted)
        try:
            if process:
                os.kill(process.pid, number)
        except ProcessLookupError:
            return False
        return process is not None

    def wait(self, seconds=PATIENCE_SECONDS):
        """The exit code; -N when a signal ended it. Who holds the stream beyond the end is no child that lives."""
        code = eventually(lambda: (self.has_ended(), self.quern.returncode)[0] and [self.quern.returncode], "the end of quern run", seconds)[0]
        eventually(lambda: not self.take(), "the end of its output", seconds)
        self.quern.stdout.close()
        return code
