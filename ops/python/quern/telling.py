# SPDX-License-Identifier: Apache-2.0
"""What a script tells of itself: how far it is, metrics, files that stay."""
import json
import math
import os
import time

from quern import channel

PERIOD = 0.2  # seconds between two words of progress
due = 0.0
held = None  # the last word that came too early


def progress(fraction=None, text=""):
    """fraction: 0 to 1, or None."""
    global due, held
    if fraction is not None and not 0 <= fraction <= 1:
        raise ValueError(f"quern.progress: expected a fraction from 0 to 1, found {fraction!r}")
    now = time.monotonic()
    word = channel.NOBODY if fraction is None else float(fraction), str(text)[:200]
    if now < due:
        held = word
        return
    due, held = now + PERIOD, None
    channel.post(channel.PROGRESS, text=word[1].replace("\0", ""), fraction=word[0])


def plain(value):
    """What JSON has of a number, a text, an array, a frame, and lists and dicts of them."""
    if value is None or isinstance(value, (bool, int, str)):
        return float(value) if type(value) is int and not -2**63 <= value < 2**63 else value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {True: "NaN"}.get(value != value, "Infinity" if value > 0 else "-Infinity")
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if hasattr(value, "to_dict") and hasattr(value, "columns"):
        return plain(value.to_dict("list"))
    if hasattr(value, "tolist"):  # arrays, Series, NumPy's numbers
        return plain(value.tolist())
    if hasattr(value, "item"):
        return plain(value.item())
    return str(value)


def log(name, value):
    """A metric; one that is logged again keeps its former values."""
    channel.ask(channel.METRIC, name, json.dumps(plain(value), allow_nan=False))


def tidy(name):
    """A name as the record has it: `/` between the parts, none in front."""
    parts = [part for part in str(name).replace("\\", "/").split("/") if part not in ("", ".")]
    return "/".join(parts)


def file(name, source):
    """Keeps a file with the job. source: a path, bytes, or a file that is open for reading."""
    if isinstance(source, (str, os.PathLike)):
        channel.give_path(channel.FILE, tidy(name), source)
    else:
        channel.give(channel.FILE, tidy(name), source)
