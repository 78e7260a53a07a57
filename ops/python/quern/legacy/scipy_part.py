# SPDX-License-Identifier: Apache-2.0
"""SciPy: the names of NumPy that it had, and functions that moved."""
import importlib

import numpy as np

from quern.legacy.gone import Gone

MODULES, WORDS, SPECIAL = {}, {}, {}


def moved(since, place, name):
    return Gone(since, f"{place}.{name}", lambda: getattr(importlib.import_module(place), name))


def of_numpy(name):
    return Gone("SciPy 1.12", f"np.{name}", lambda: getattr(np, name))


GONE = {("scipy", name): of_numpy(name) for name in (
    "interp array arange zeros ones empty eye linspace logspace mean std var median sum prod sqrt exp log log2 log10 sin cos "
    "tan pi e inf nan isnan isinf isfinite where unique concatenate vstack hstack dot cov corrcoef polyfit polyval poly1d "
    "reshape transpose histogram randn rand abs absolute amax amin argmax argmin argsort sort cumsum diff round floor ceil "
    "float64 int32 int64 ndarray matrix asarray meshgrid power maximum minimum").split() if hasattr(np, name)}
GONE |= {("scipy.misc", name): moved("SciPy 1.3", "scipy.special", name)
         for name in ("comb", "factorial", "factorial2", "factorialk", "logsumexp")}
GONE |= {("scipy.stats", "betai"): moved("SciPy 1.0", "scipy.special", "betainc"),
         ("scipy.stats", "itemfreq"): Gone("SciPy 1.3", "np.unique(a, return_counts=True)", lambda: itemfreq),
         ("scipy.integrate", "trapz"): moved("SciPy 1.14", "scipy.integrate", "trapezoid"),
         ("scipy.integrate", "simps"): moved("SciPy 1.14", "scipy.integrate", "simpson"),
         ("scipy.integrate", "cumtrapz"): moved("SciPy 1.14", "scipy.integrate", "cumulative_trapezoid")}


def itemfreq(a):
    values, counts = np.unique(a, return_counts=True)
    return np.array([values, counts]).T


def changed(module):
    """Calls are as they were."""
