# SPDX-License-Identifier: Apache-2.0
"""Jobs of the acceptance list: one quernd with an environment for each pandas, and what came of a job under each dialect."""
import base64
import io
import json
import os
import struct
import sys
import zipfile

from fleet import ROOT, Fleet

sys.path.insert(0, str(ROOT / "tests" / "module"))

import glue_job  # noqa: E402  # the product's own reader, with Debian's pandas

import _quern  # noqa: E402
from quern import frames  # noqa: E402

DIALECTS = {"c": "classic", "s": "studio", "d": "designer", "q": "quern"}
PYTHONS = {1: "/usr/bin/python3", 2: ROOT / "build/venv-pandas2/bin/python", 3: ROOT / "build/venv-pandas3/bin/python"}
PRELOAD = "numpy pandas matplotlib.pyplot sklearn.linear_model sklearn.ensemble"
BLOCK = ["Error 0085: The following error occurred during script evaluation, please view the output log for more information:",
         "---------- Start of error message from Python interpreter ----------",
         "---------- End of error message from Python  interpreter  ----------"]


class Arena:
    """A fleet of one host with two workers. Environments: pandas1, pandas2, pandas3, and open, whose network is.

    keys of datasets: four (4 x 2), two (2 x 1), gaps (missing text and numbers), test-register-tabular-in-designer (2 x 1).
    """

    def __init__(self):
        names = [*(f"pandas{version}" for version in PYTHONS), "open"]
        self.fleet = Fleet(environments=",".join(names))
        directory = self.fleet.directory / "environments"
        directory.mkdir()
        for name, python in zip(names, [*PYTHONS.values(), PYTHONS[1]]):
            rest = "network = open" if name == "open" else f"preload = {PRELOAD}"
            (directory / f"{name}.conf").write_text(f"[environment]\npython = {python}\n{rest}\n")
        self.host = self.fleet.host(environments={"names": " ".join(names), "directory": directory, "standby": 0},
                                    workers={"count": 2}, log={"level": "info"})
        self.put("four", "a,b\n1,w\n2,x\n3,y\n4,z\n")
        self.put("two", "c\n0.5\n1.5\n")
        self.put("test-register-tabular-in-designer", "c\n0.5\n1.5\n")
        self.put("gaps", "text,number\nx,1.5\n,\nz,2.5\n")
        self.host.ready()

    def put(self, key, text):
        path = self.fleet.directory / f"{key}.csv"
        path.write_text(text)
        self.fleet.says("dataset", "put", path, key)

    def file(self, name, content):
        path = self.fleet.directory / name
        path.write_bytes(content)
        return path

    def zip(self, name, entries):
        """The path of a bundle. entries: {name or ZipInfo: text}."""
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
            for entry, text in entries.items():
                file.writestr(entry, text)
        return self.file(name, made.getvalue())

    def close(self):
        self.fleet.close()


class Job:
    """A job that was submitted; whoever asks what came of it waits for its end."""

    def __init__(self, arena, letter, name):
        self.arena, self.letter, self.id = arena, letter, name
        self.dialect = DIALECTS[letter]
        self.found = None

    def key(self, port):
        return f"job:{self.id}/{port}"

    @property
    def names(self):
        """{port or file: its object}."""
        if self.found is None:
            fleet, prefix = self.arena.fleet, self.key("").encode()
            fleet.wait(self.id)
            rows = fleet.redis("ZRANGEBYLEX", fleet.key("names"), b"[" + prefix, b"[" + prefix + b"\xff")
            pairs = [row[len(prefix):].split(b"\0", 1) for row in rows]
            self.found = {name.decode(): rest.split()[0].decode() for name, rest in pairs}
        return self.found

    def bytes_of(self, name):
        return (self.arena.fleet.store / "objects" / self.names[name]).read_bytes()

    @property
    def record(self):
        return json.loads(self.bytes_of("job.json"))

    @property
    def out(self):
        return self.bytes_of("stdout.txt").decode()

    @property
    def err(self):
        return self.bytes_of("stderr.txt").decode()

    @property
    def reason(self):
        """Why it failed; None if it succeeded."""
        return self.record["reason"]

    @property
    def warnings(self):
        return self.record["warnings"]

    @property
    def error(self):
        """(code, message) of a failed job, as the clients of the original read them."""
        detail = self.record["error"]["details"][0]
        return detail["code"], detail["message"]

    @property
    def told(self):
        """What the block of error 0085 frames, once the frame is proved."""
        code, message = self.error
        line = "\r\n" if self.letter in "cs" else "\n"
        begin, end = line.join(BLOCK[:2]) + line, line + BLOCK[2]
        assert code == "0085" and message.startswith(begin) and message.endswith(end), message
        return message[len(begin):-len(end)]

    @property
    def device(self):
        return json.loads(self.bytes_of("visualization.json"))

    @property
    def outputs(self):
        return sorted(output["port"] for output in self.record["outputs"] if output["port"] != "visualization")

    def frame(self, port=1):
        """Output 1 or 2, or one with a name, under pandas 1.5; what is not there is empty."""
        assert self.reason is None, self.record["message"]
        name = f"dataset{port}" if isinstance(port, int) else port
        if name not in self.names:
            return frames.pd.DataFrame()
        with io.BytesIO(self.bytes_of(name)) as file:
            return read(file.getvalue())


def read(content):
    segment = os.memfd_create("result")
    try:
        _quern.read_arrow(segment, content, _quern.PROFILE_NS, glue_job.LIMIT)
        return frames.frame(segment).copy(deep=True)
    finally:
        os.close(segment)


class Runner:
    """run("dq", script, "four") -> [Job, ...], one per dialect, all under way at once, under one pandas."""

    def __init__(self, arena, pandas):
        self.arena, self.pandas = arena, pandas

    def __call__(self, letters, script, *inputs, flags=(), name=None, environment=None):
        """script: text. inputs: keys, or None for a port that is not connected; {dialect letter: key} differs by job."""
        path = self.script(script, name)
        return [self.submit(letter, path, inputs, flags, environment or f"pandas{self.pandas}") for letter in letters]

    def script(self, text, name):
        fleet = self.arena.fleet
        if name is None:
            return fleet.script(text)
        path = fleet.directory / name
        path.write_text(text)
        return path

    def submit(self, letter, path, inputs, flags, environment):
        words = ["--dialect", DIALECTS[letter], "--env", environment, *flags]
        for port, key in enumerate(inputs, 1):
            key = key[letter] if isinstance(key, dict) else key
            words += [f"--dataframe{port}", key] if key else []
        return Job(self.arena, letter, self.arena.fleet.submit(str(path), *words))

    def again(self, jobs, port="dataset1"):
        """An input that is each job's own output, in its own dialect."""
        return {job.letter: job.key(port) for job in jobs}


def png_size(content):
    """(width, height) of a PNG file."""
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", content[16:24])


def pictures(job):
    """The pictures of the device JSON, as bytes."""
    return [base64.b64decode(text, validate=True) for text in job.device["Graphics Device"]]
