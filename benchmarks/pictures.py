# SPDX-License-Identifier: Apache-2.0
"""Four plots of 640x480 pixels joined: by quern (milliseconds from bench_pictures) and by Pillow.

Usage: pictures.py BENCH_PICTURES. Prints the median of 21 rounds in milliseconds, and bytes.
"""
import io
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import matplotlib

matplotlib.use("Agg")
import numpy as np
from matplotlib import pyplot
from PIL import Image

ROUNDS = 21


def plot(number, path):
    """One plot with lines, text and points."""
    rng = np.random.default_rng(number)
    figure, axes = pyplot.subplots(figsize=(6.4, 4.8), dpi=100)
    axes.plot(rng.normal(size=400).cumsum(), label="sum")
    axes.scatter(rng.uniform(0, 400, 100), rng.normal(size=100) * 9, c=rng.random(100))
    axes.legend()
    axes.set_title(f"plot {number}")
    figure.savefig(path)
    pyplot.close(figure)


def pillow(paths, level):
    """Decodes, pastes and encodes; returns the bytes of the joined picture."""
    parts = [Image.open(path) for path in paths]
    joined = Image.new("RGBA", (parts[0].width, sum(part.height for part in parts)))
    top = 0
    for part in parts:
        joined.paste(part, (0, top))
        top += part.height
    data = io.BytesIO()
    joined.save(data, "png", compress_level=level)
    return data.getvalue()


def measure(paths, level):
    """Median milliseconds and bytes."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        size = len(pillow(paths, level))
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times), size


def main():
    with tempfile.TemporaryDirectory() as folder:
        paths = [pathlib.Path(folder) / f"{number}.png" for number in range(4)]
        for number, path in enumerate(paths):
            plot(number, path)
        subprocess.run([sys.argv[1], *paths], check=True)
        for level in (6, 1):
            print("Pillow, level %d: %.1f ms, %d bytes" % (level, *measure(paths, level)))


main()
