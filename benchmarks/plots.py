# SPDX-License-Identifier: Apache-2.0
"""plots.py FILE...: one plot of 640x480 pixels with lines, text and points into each file."""
import sys

import matplotlib

matplotlib.use("Agg")
import numpy as np
from matplotlib import pyplot


def plot(number, path):
    rng = np.random.default_rng(number)
    figure, axes = pyplot.subplots(figsize=(6.4, 4.8), dpi=100)
    axes.plot(rng.normal(size=400).cumsum(), label="sum")
    axes.scatter(rng.uniform(0, 400, 100), rng.normal(size=100) * 9, c=rng.random(100))
    axes.legend()
    axes.set_title(f"plot {number}")
    figure.savefig(path)
    pyplot.close(figure)


for index, name in enumerate(sys.argv[1:]):
    plot(index, name)
