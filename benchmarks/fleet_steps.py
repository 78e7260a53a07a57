# SPDX-License-Identifier: Apache-2.0
"""From the moments of canaries to the times of their steps: p50 and p99 of each.

    submit    `quern submit` from start to end, uploads included
    claimed   queued → claimed, by the clock of Redis
    load, run, collect, publish    as the worker measured them
    dispatch  the worker has all that the job needs → the first line of its script, by the clock of that host; part of run
    complete  claimed → ended by the clock of Redis, less those four: pinning the inputs and the last transition
    seen      ended → `quern wait` is back
    total     `quern submit` began → `quern wait` is back
    fetch     `quern result` of all outputs, checked; not part of total
"""
import math

WORKER = ("load", "run", "collect", "publish")
STEPS = ("submit", "claimed", "load", "dispatch", *WORKER[1:], "complete", "seen", "total", "fetch")
QUANTILES = {"p50": 0.5, "p99": 0.99}


def clock_offset(lives):
    """Seconds by which the probe's clock is ahead of that of Redis, as little as the canaries prove: each was accepted
    between the start and the end of its `quern submit`. 0 when the clocks may agree."""
    least = max((life.began - life.submitted for life in lives), default=0.0)
    most = min((life.accepted - life.submitted for life in lives), default=0.0)
    return min(max(0.0, least), most)


def steps(life, offset):
    """{step: ms}. Redis counts whole milliseconds: what comes out below 0 is 0."""
    worker = {name: life.steps[name] for name in WORKER}
    complete = (life.ended - life.started) * 1000 - sum(worker.values())
    taken = {"submit": (life.accepted - life.began) * 1000, "claimed": (life.started - life.submitted) * 1000, **worker,
             "dispatch": life.dispatch_ms, "complete": complete, "seen": (life.seen - offset - life.ended) * 1000,
             "total": (life.seen - life.began) * 1000, "fetch": life.fetch_ms}
    return {name: max(0.0, taken[name]) for name in STEPS}


def quantile(values, part):
    """The smallest value that `part` of all values do not exceed (nearest rank): one that was measured."""
    return sorted(values)[math.ceil(part * len(values)) - 1]


def summary(lives):
    """{shape: {"canaries": N, "steps": {step: {"p50": ms, "p99": ms}}}}, shapes in the order in which they came."""
    offset, found = clock_offset(lives), {}
    for life in lives:
        found.setdefault(life.shape, []).append(steps(life, offset))
    return {shape: {"canaries": len(taken), "steps": {
        step: {word: quantile([one[step] for one in taken], part) for word, part in QUANTILES.items()} for step in STEPS}}
        for shape, taken in found.items()}
