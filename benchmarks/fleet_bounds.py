# SPDX-License-Identifier: Apache-2.0
"""Thresholds: `empty.p99=500ms`, `frame.load.p50=2s`. Without a step, total."""
import re
from typing import NamedTuple

import fleet_canaries
import fleet_client
import fleet_steps

DURATION = re.compile(r"([0-9]{1,9})(ms|s|m|h|d)")
UNIT_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
SHAPES = [name for shape, made in fleet_canaries.SHAPES.items() for name in (shape, made.made_by) if name]


class Bound(NamedTuple):
    text: str
    shape: str
    step: str
    quantile: str
    most_ms: float


def duration_ms(text):
    """Milliseconds of 500ms, 60s, 5m, 2h, 1d; ValueError for anything else."""
    found = DURATION.fullmatch(text)
    if not found:
        raise ValueError(f"expected a duration like 500ms, 60s or 5m, found '{text}'")
    return int(found[1]) * UNIT_MS[found[2]]


def one_of(word, words, what):
    if word not in words:
        raise ValueError(f"expected a {what} among {' '.join(words)}, found '{word}'")
    return word


def parse(text):
    """A Bound; ValueError tells what was expected and what was found."""
    name, equals, most = text.partition("=")
    parts = name.split(".")
    if not equals or len(parts) not in (2, 3):
        raise ValueError(f"expected SHAPE[.STEP].p50=DURATION or p99, found '{text}'")
    shape, step, quantile = parts if len(parts) == 3 else (parts[0], "total", parts[1])
    return Bound(text, one_of(shape, SHAPES, "shape"), one_of(step, fleet_steps.STEPS, "step"),
                 one_of(quantile, list(fleet_steps.QUANTILES), "quantile"), duration_ms(most))


def exceeded(bounds, shapes):
    """A Failure for each bound that is exceeded, or of which nothing was measured. shapes: fleet_steps.summary()."""
    found = []
    for bound in bounds:
        taken = shapes.get(bound.shape, {}).get("steps", {}).get(bound.step, {}).get(bound.quantile)
        if taken is None:
            found.append(fleet_canaries.Failure(f"{bound.text}: nothing was measured", fleet_client.LATE))
        elif taken > bound.most_ms:
            found.append(fleet_canaries.Failure(f"{bound.text}: it was {taken:.1f} ms", fleet_client.LATE))
    return found
