# SPDX-License-Identifier: Apache-2.0
"""Rounds of several measurers in turns (rounds.h tells how they talk), and what their samples say."""
import fnmatch
import statistics
import subprocess


class Measurer:
    """A program that does a round when it is asked for one."""

    def __init__(self, command):
        self.name = command[0].rsplit("/", 1)[-1] if "python" not in command[0] else command[1].rsplit("/", 1)[-1]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def round(self):
        """[(label, unit, value)]"""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        found = []
        for line in self.process.stdout:
            if line == "\n":
                return found
            label, unit, value = line.rstrip("\n").split("\t")
            found.append((label, unit, float(value)))
        raise RuntimeError(f"{self.name} ended with code {self.process.wait()} in the middle of a round")

    def close(self):
        self.process.stdin.close()
        if self.process.wait():
            raise RuntimeError(f"{self.name} ended with code {self.process.returncode}")


def collect(area):
    """{(label, unit): [values]}, in the order in which they came. The first round warms and is not counted."""
    samples = {}
    measurers = []
    for command in area.measurers:
        measurers.append(Measurer(command))
        measurers[-1].round()
    for _ in range(area.rounds):
        for measurer in measurers:
            for label, unit, value in measurer.round():
                samples.setdefault((label, unit), []).append(value)
    for measurer in measurers:
        measurer.close()
    return samples


def peer_of(label, beside):
    """The label that this one is compared with, or None."""
    peer = next((beside[pattern] for pattern in beside if fnmatch.fnmatchcase(label, pattern)), None)
    return None if peer == label else peer


def ratio(unit, values, peers):
    """How many times the peer's. Pairs of the same round are compared, so that a noisy minute is noisy for both; CPU time
    is counted in ticks, which only add up over all rounds."""
    if unit == "cpu ms" or len(values) != len(peers):
        return statistics.mean(values) / statistics.mean(peers)
    return statistics.median(value / peer for value, peer in zip(values, peers) if peer > 0)


def quartile(values):
    return statistics.quantiles(values, n=4, method="inclusive")[0] if len(values) > 1 else values[0]


def tail(values):
    """The 99th of a hundred, which was measured: with fewer than a hundred the worst."""
    return sorted(values)[-1 - len(values) // 100]


def rows(samples, beside):
    """[{label, unit, median, p25, p99, mean, samples[, beside, ratio]}]"""
    made = []
    for (label, unit), values in samples.items():
        row = {"label": label, "unit": unit, "median": statistics.median(values), "p25": quartile(values), "p99": tail(values),
               "mean": statistics.mean(values), "samples": len(values)}
        peers = samples.get((peer_of(label, beside), unit), [0])
        if any(peers):
            row |= {"beside": peer_of(label, beside), "ratio": ratio(unit, values, peers)}
        made.append(row)
    return made
