# SPDX-License-Identifier: Apache-2.0
"""The canaries: what shapes they have, and the life of one, from its submission until its result is seen and fetched."""
import pathlib
import time
from datetime import datetime
from typing import NamedTuple

import fleet_client
import fleet_traces

SCRIPTS = pathlib.Path(__file__).resolve().parent / "fleet_scripts"
ROWS = 1_000_000


class Shape(NamedTuple):
    made_by: str = None  # the shape whose dataset1 it takes: one job of a probe, which all its canaries share
    outputs: tuple = ()  # fetched at the end


SHAPES = {"empty": Shape(), "frame": Shape("frame_made", ("dataset1",)), "strings": Shape("strings_made", ("dataset1",)),
          "plot": Shape(outputs=("visualization.png",))}


class Life(NamedTuple):
    """One canary that succeeded. began, accepted, seen: Unix seconds by the probe's clock, counted on from its first
    reading; submitted, started, ended: by that of Redis. steps: {name: ms} of the manifest. dispatch_ms: part of run. fetch_ms: 0 without
    outputs."""
    shape: str
    began: float
    accepted: float
    seen: float
    submitted: float
    started: float
    ended: float
    steps: dict
    dispatch_ms: float
    fetch_ms: float


class Failure(NamedTuple):
    """A canary that did not succeed, or a step of the probe that was refused. code: of `quern help errors`."""
    what: str
    code: int


def unix(moment):
    """Seconds of `2026-01-02T03:04:05.678Z`."""
    return datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()


def dispatch_ms(manifest):
    """From the end of step load to the first line of the script, which logs when that was."""
    first = next(metric["value"] for metric in manifest["metrics"] if metric["name"] == "first_line") / 1e6
    steps = manifest["steps"]
    return first - unix(manifest["started"]) * 1000 - steps["claim"]["ms"] - steps["load"]["ms"]


class Probe:
    """All canaries of one run. seconds: when they all have to be over. Whoever makes one calls clean()."""

    def __init__(self, quern, random, seconds, rows=ROWS):
        self.quern, self.rows = quern, rows
        self.origin = time.time() - time.monotonic()
        self.deadline = time.monotonic() + seconds
        self.prefix = fleet_traces.run_prefix(self.now() + seconds, random)
        self.jobs, self.made = [], {}
        self.lives, self.failures = [], []

    def now(self):
        """Unix seconds that never go backwards while the probe runs."""
        return self.origin + time.monotonic()

    def left_seconds(self):
        return max(0.001, self.deadline - time.monotonic())

    def is_over(self):
        """Nothing can come of further canaries."""
        hopeless = (fleet_client.UNREACHABLE, fleet_client.DENIED, fleet_client.CONFIG, fleet_client.LATE)
        return any(failure.code in hopeless for failure in self.failures) or time.monotonic() > self.deadline

    def submit(self, name, shape):
        """The id. It is remembered first: whatever happens then, clean() takes the job away."""
        self.jobs.append(f"{self.prefix}{len(self.jobs) + 1}")
        inputs = ["--dataframe1", f"job:{self.made[shape.made_by]}/dataset1"] if shape.made_by else []
        self.quern.say("submit", SCRIPTS / f"{name}.py", "--id", self.jobs[-1], "--param", f"rows={self.rows}", "--timeout",
                       f"{int(self.left_seconds()) + 1}s", *inputs, seconds=self.left_seconds())
        return self.jobs[-1]

    def fetch_ms(self, job, shape):
        """How long it takes to have all its outputs, each checked by quern."""
        begin = time.monotonic()
        for output in shape.outputs:
            self.quern.say("result", job, "--get", output, "-o", "-", seconds=self.left_seconds())
        return (time.monotonic() - begin) * 1000 if shape.outputs else 0.0

    def live(self, name, shape):
        """One canary from its submission to the end: its id. It joins `lives`; Refused if anything fails."""
        began = self.now()
        job = self.submit(name, shape)
        accepted = self.now()
        self.quern.say("wait", job, "--timeout", f"{int(self.left_seconds() * 1000) + 1}ms")
        seen = self.now()
        record = self.quern.inspect(job)
        times = [unix(record[name]) for name in ("submitted", "started", "ended")]
        steps = {step: value["ms"] for step, value in record["result"]["steps"].items()}
        self.lives.append(Life(name, began, accepted, seen, *times, steps, dispatch_ms(record["result"]),
                               self.fetch_ms(job, shape)))
        return job

    def attempt(self, name, shape):
        """The same, but a failure joins `failures`: the id, or None."""
        try:
            return self.live(name, shape)
        except fleet_client.Refused as refused:
            late = refused.code == fleet_client.LATE
            self.failures.append(Failure(f"{name}: " + ("has not ended in time" if late else str(refused)), refused.code))
            return None

    def make(self, shape):
        """Has the shape's dataset made unless it is there: whether it is there now."""
        if shape.made_by and shape.made_by not in self.made:
            self.made[shape.made_by] = self.attempt(shape.made_by, Shape())
        return not shape.made_by or self.made[shape.made_by] is not None

    def round(self, names):
        """One canary of each shape, gone when the round is over."""
        for name in names:
            if not self.is_over() and self.make(SHAPES[name]) and not self.is_over():
                job = self.attempt(name, SHAPES[name])
                if job and fleet_traces.remove(self.quern, job):
                    self.jobs.remove(job)

    def clean(self):
        """Removes what is left, datasets after those who took them. Returns the ids of what would not go."""
        self.jobs = [job for job in reversed(self.jobs) if not fleet_traces.remove(self.quern, job)]
        try:
            return sorted({*self.jobs, *fleet_traces.present(self.quern, self.prefix)})
        except fleet_client.Refused as refused:
            self.failures.append(Failure(str(refused), refused.code))
            return self.jobs
