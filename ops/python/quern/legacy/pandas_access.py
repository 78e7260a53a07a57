# SPDX-License-Identifier: Apache-2.0
"""pandas: brackets, comparisons and unpackings that are refused now. Source: pandas 2.0 and 3.0, "What's new"."""
import functools

import numpy as np
import pandas as pd

from quern.legacy.gone import USES, Gone
from quern.legacy.pandas_calls import replace

MAJOR = int(pd.__version__.partition(".")[0])
PLACES = Gone("pandas 3.0", ".iloc[]")
LABELLED = ("integer", "mixed-integer", "floating", "mixed-integer-float", "complex", "interval")  # where numbers are labels


def changed(module):
    """Mends a module of pandas once it is loaded."""
    if module.__name__ == "pandas.core.strings.accessor" and MAJOR >= 2:
        module.StringMethods.__iter__ = parts
    elif module.__name__ == "pandas.core.frame" and MAJOR >= 2:
        replace(module.DataFrame, ["_cmp_method"], aligned)
    elif module.__name__ == "pandas.core.series" and MAJOR >= 3:
        replace(module.Series, ["__getitem__"], at_place)
        replace(module.Series, ["__setitem__"], set_at_place)
    elif module.__name__ == "pandas" and MAJOR >= 2:
        module.set_option = unbounded(module.set_option)


def parts(self):
    """first, second = column.str.split(" ").str"""
    USES.use("unpacking of .str", Gone("pandas 2.0", ".str.split(expand=True), or .str[0], .str[1]"))
    place, part = 0, self.get(0)
    while part.notna().any():
        yield part
        place += 1
        part = self.get(place)


def aligned(function, name):
    """frame < frame.quantile(0.25): columns that only one of them has are compared with missing values."""
    @functools.wraps(function)
    def call(self, other, op):
        if isinstance(other, pd.Series) and not self.columns.equals(other.index):
            USES.use("comparing a frame with a column of other labels", Gone("pandas 2.0", "left.align(right, axis=1)"))
            self, other = self.align(other, join="outer", axis=1)
        return function(self, other, op)

    return call


def is_place(index, key):
    """Whether the key is no label, and would have been taken for a place."""
    if not isinstance(key, (int, np.integer)) or isinstance(key, bool):
        return False
    labels = index.levels[0] if isinstance(index, pd.MultiIndex) else getattr(index, "categories", index)
    return labels.inferred_type not in LABELLED and -len(index) <= key < len(index)


def at_place(function, name):
    @functools.wraps(function)
    def call(self, key):
        try:
            return function(self, key)
        except (KeyError, TypeError):
            several = isinstance(key, (list, np.ndarray)) and len(key) > 0
            if not all(is_place(self.index, one) for one in (key if several else [key])):
                raise
        USES.use("a number as a place in the brackets of a column", PLACES)
        return self.iloc[key]

    return call


def set_at_place(function, name):
    """A number would become a new label."""
    @functools.wraps(function)
    def call(self, key, value):
        if not is_place(self.index, key) or key in self.index:
            return function(self, key, value)
        USES.use("a number as a place in the brackets of a column", PLACES)
        self.iloc[key] = value

    return call


def unbounded(function):
    """-1 was any width."""
    def call(*args, **kwargs):
        width = [str(option).endswith("max_colwidth") and value == -1 for option, value in zip(args[::2], args[1::2])]
        if any(width):
            USES.use("max_colwidth of -1", Gone("pandas 2.0", "None"))
        return function(*[None if place % 2 and width[place // 2] else one for place, one in enumerate(args)], **kwargs)

    return call
