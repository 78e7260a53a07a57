# SPDX-License-Identifier: Apache-2.0
"""pandas: calls that are still taken and give something else, and those whose arguments mean something else. Here they give what
they gave. What is only a default is not noted: nobody wrote it. Source: pandas 2.0 and 3.0, "What's new"."""
import functools
import re

import numpy as np
import pandas as pd

from quern.legacy.calls import adapt, known
from quern.legacy.gone import USES, Gone
from quern.legacy.pandas_calls import FILLS, replace, with_frequency

TWO, THREE = "pandas 2.0", "pandas 3.0"
MAJOR = int(pd.__version__.partition(".")[0])


def changed(module):
    """Mends a module of pandas once it is loaded."""
    for name, mend in MENDED.items():
        if module.__name__ == name and MAJOR >= 2:
            mend(module)


# ---- text ----


def replace_text(function, name):
    """A pattern of more than one character was a regular expression."""
    @functools.wraps(function)
    def call(self, pat, *args, **kwargs):
        if "regex" not in kwargs and len(args) < 5 and not isinstance(pat, dict):
            kwargs["regex"] = not isinstance(pat, str) or len(pat) > 1 or callable(args[0] if args else kwargs.get("repl"))
            if isinstance(pat, str) and len(pat) > 1 and re.escape(pat) != pat:
                USES.use("a regular expression of .str.replace()", Gone(TWO, "regex=True"))
        return function(self, pat, *args, **kwargs)

    return call


def by_position(function, name):
    return adapt(function, name, {}, TWO)


def text(module):
    replace(module.StringMethods, ["replace"], replace_text)
    replace(module.StringMethods, ["split", "rsplit", "partition", "rpartition", "cat", "decode", "encode"], by_position)


# ---- counting ----


def get_dummies(function, name):
    @functools.wraps(function)
    def call(*args, **kwargs):
        if len(args) < 8 and kwargs.get("dtype") is None:
            USES.use("get_dummies() of numbers", Gone(TWO, "dtype='uint8'"))
            kwargs["dtype"] = np.uint8
        return function(*args, **kwargs)

    return call


def value_counts(function, name):
    """The counts had the column's name, their index had none."""
    @functools.wraps(function)
    def call(self, *args, **kwargs):
        made = function(self, *args, **kwargs)
        USES.use("the names of what value_counts() gives", Gone(TWO, '.rename_axis("index").rename(name)'))
        made.index.name = None
        made.name = self.name
        return made

    return call


# ---- groups ----


def groupby(function, name):
    @functools.wraps(function)
    def call(self, by=None, *args, **kwargs):
        sideways = kwargs.pop("axis", None) if "axis" not in known(function) else None
        if sideways in (1, "columns"):
            USES.use("groupby(axis=1)", Gone(THREE, ".T.groupby().T"))
            return Sideways(self.T.groupby(by, *args, **kwargs))
        if isinstance(by, list) and len(by) == 1:  # its keys were no tuples
            by = by[0]
        if MAJOR >= 3:
            kwargs.setdefault("observed", False)
        made = function(self, by, *args, **kwargs)
        object.__setattr__(made, "_quern_keys", "group_keys" in kwargs)
        return made

    return call


class Sideways:
    """Groups of columns, as groups of rows of the transposed frame."""

    def __init__(self, groups):
        self.groups = groups

    def __iter__(self):
        return ((key, part.T) for key, part in self.groups)

    def __len__(self):
        return len(self.groups)

    def __getattr__(self, name):
        value = getattr(self.groups, name)
        if not callable(value):
            return value

        @functools.wraps(value)
        def call(*args, **kwargs):
            made = value(*args, **kwargs)
            return made.T.infer_objects() if isinstance(made, pd.DataFrame) else made

        return call

    def apply(self, func, *args, **kwargs):
        return pd.concat({key: func(part, *args, **kwargs) for key, part in self}, axis=1)


def concat_objects(function, name):
    """What a function gave with the rows of its group got no keys in front, unless they were asked for."""
    @functools.wraps(function)
    def call(self, values, not_indexed_same=False, is_transform=False):
        asked = getattr(self, "_quern_keys", True)
        return function(self, values, not_indexed_same, is_transform or (not asked and not not_indexed_same))

    return call


def apply_to_groups(function, name):
    """Since pandas 3 a function is not given the columns that are grouped by."""
    @functools.wraps(function)
    def call(self, func, *args, **kwargs):
        if not callable(func) or self.obj.ndim == 1 or self._selection is not None or not self.exclusions:
            return function(self, func, *args, **kwargs)
        kwargs.pop("include_groups", None)
        return function(with_columns(self), func, *args, **kwargs)

    return call


def with_columns(groups):
    """The same groups, by copies of their columns, which are then left in the frame."""
    by = [groups.obj[name].copy(deep=True) if name in groups.exclusions else pd.Index(one.grouping_vector, name=name)
          for name, one in zip(groups._grouper.names, groups._grouper.groupings)]
    made = groups.obj.groupby(by if len(by) > 1 else by[0], sort=groups.sort, dropna=groups.dropna, observed=groups.observed,
                              as_index=groups.as_index, group_keys=groups.group_keys)
    object.__setattr__(made, "_quern_keys", groups.__dict__.get("_quern_keys", True))
    return made


def groups(module):
    replace(module.GroupBy, ["_concat_objects"], concat_objects)
    if MAJOR >= 3:
        replace(module.GroupBy, ["apply"], apply_to_groups)


def group_columns(module):
    replace(module.SeriesGroupBy, ["value_counts"], counted_in_groups)


def counted_in_groups(function, name):
    @functools.wraps(function)
    def call(self, *args, **kwargs):
        return function(self, *args, **kwargs).rename(self.obj.name)

    return call


# ---- frames and columns ----


def with_level(function, name):
    """sum(level=0)"""
    if "level" in known(function):
        return function

    @functools.wraps(function)
    def call(self, *args, level=None, **kwargs):
        if level is None:
            return function(self, *args, **kwargs)
        USES.use(f"level= of {name}()", Gone(TWO, f".groupby(level=).{name}()"))
        return getattr(self.groupby(level=level), name)(**{key: value for key, value in kwargs.items() if key != "axis"})

    return call


def along_rows(function, name):
    """sum(axis=1) left out what was no number, where there was something else."""
    @functools.wraps(function)
    def call(self, *args, **kwargs):
        try:
            return function(self, *args, **kwargs)
        except TypeError:
            axis = kwargs.get("axis", args[0] if args else 0)
            if axis not in (1, "columns") or kwargs.get("numeric_only"):
                raise
        USES.use(f"{name}(axis=1) of columns of text", Gone(TWO, "numeric_only=True"))
        return function(self, *args, **{**kwargs, "numeric_only": True})

    return call


def pivot(function, name):
    return adapt(function, name, {}, TWO, order=["index", "columns", "values"])


def stack(function, name):
    """Rows without a value were left out."""
    @functools.wraps(function)
    def call(self, level=-1, dropna=True, **kwargs):
        made = function(self, level, **kwargs)
        if not dropna or "future_stack" in kwargs:
            return made
        return made.dropna(how="all") if made.ndim > 1 else made.dropna()

    return call


def between(function, name):
    @functools.wraps(function)
    def call(self, left, right, inclusive="both"):
        if isinstance(inclusive, bool):
            USES.use(f"inclusive={inclusive} of between()", Gone(TWO, "'both'" if inclusive else "'neither'"))
            inclusive = "both" if inclusive else "neither"
        return function(self, left, right, inclusive)

    return call


def pct_change(function, name):
    """What was missing was filled from before."""
    @functools.wraps(function)
    def call(self, periods=1, fill_method="pad", limit=None, freq=None, **kwargs):
        filled = getattr(self, FILLS[fill_method])(limit=limit) if fill_method else self
        return function(filled, periods, fill_method=None, freq=freq, **kwargs)

    return call


def interpolate(function, name):
    @functools.wraps(function)
    def call(self, method="linear", **kwargs):
        if method not in FILLS:
            return function(self, method, **kwargs)
        USES.use(f"interpolate(method={method!r})", Gone(THREE, f".{FILLS[method]}()"))
        return getattr(self, FILLS[method])(**{key: kwargs[key] for key in ("axis", "limit", "inplace") if key in kwargs})

    return call


def replace_values(function, name):
    """replace(value, method="ffill")"""
    @functools.wraps(function)
    def call(self, *args, method=None, **kwargs):
        if method is None:
            return function(self, *args, **kwargs)
        USES.use(f"replace(method={method!r})", Gone(THREE, f".mask(condition).{FILLS[method]}()"))
        wanted = args[0] if args else kwargs["to_replace"]
        found = self.isin(wanted if isinstance(wanted, (list, tuple)) else [wanted])
        return self.where(~found, getattr(self.mask(found), FILLS[method])())

    return call


def select(function, name):
    """By a condition on labels."""
    @functools.wraps(function)
    def call(self, *args, **kwargs):
        if not args or not callable(args[0]) or isinstance(args[0], pd.api.typing.Expression):
            return function(self, *args, **kwargs)
        from quern.legacy import frames

        USES.use("select() by a function", frames.GONE[frames.FRAME, "select"])
        return frames.select(self, *args, **kwargs)

    return call


def of_a_list(function, name):
    """unique(), factorize() of a list"""
    @functools.wraps(function)
    def call(values, *args, **kwargs):
        if isinstance(values, (list, tuple)):
            USES.use(f"{name}() of a list", Gone(THREE, f"{name}(pandas.Series(values))"))
            values = pd.Series(values).to_numpy()
        return function(values, *args, **kwargs)

    return call


def prefixed(function, name):
    """read_csv(prefix="X", header=None)"""
    @functools.wraps(function)
    def call(*args, prefix=None, **kwargs):
        made = function(*args, **kwargs)
        if prefix is not None and "header" in kwargs and kwargs["header"] is None:
            USES.use(f"prefix= of {name}()", Gone(TWO, ".add_prefix()"))
            made.columns = [f"{prefix}{one}" for one in made.columns]
        return made

    return call


def often(name, keyword, place):
    return lambda function, _: with_frequency(function, name, keyword, place)


SUMS = "sum mean median min max count std var prod any all skew".split()


def either(holder):
    replace(holder, SUMS, with_level)
    if MAJOR >= 3:
        replace(holder, ["pct_change"], pct_change)
        replace(holder, ["interpolate"], interpolate)
        replace(holder, ["replace"], replace_values)
        replace(holder, ["rolling"], often("rolling", "window", 1))


def frame(module):
    either(module.DataFrame)
    replace(module.DataFrame, ["sum", "max", "min"], along_rows)
    replace(module.DataFrame, ["groupby"], groupby)
    replace(module.DataFrame, ["pivot"], pivot)
    if MAJOR >= 3:
        replace(module.DataFrame, ["stack"], stack)
        replace(module.DataFrame, ["select"], select)


def column(module):
    either(module.Series)
    replace(module.Series, ["groupby"], groupby)
    replace(module.Series, ["between"], between)
    replace(module.Series, ["value_counts"], value_counts)


def top_level(module):
    replace(module, ["get_dummies"], get_dummies)
    replace(module, ["read_csv", "read_table"], prefixed)
    if MAJOR >= 3:
        replace(module, ["unique", "factorize"], of_a_list)


def times(module):
    if MAJOR >= 3:
        for name in ("floor", "ceil", "round"):
            replace(module.TimelikeOps, [name], often(name, "freq", 1))


def periods_of_time(module):
    if MAJOR >= 3:
        replace(module.TimeGrouper, ["__init__"], often("Grouper", "freq", None))


MENDED = {"pandas": top_level, "pandas.core.frame": frame, "pandas.core.series": column, "pandas.core.groupby.groupby": groups,
          "pandas.core.groupby.generic": group_columns, "pandas.core.strings.accessor": text,
          "pandas.core.arrays.datetimelike": times, "pandas.core.resample": periods_of_time}
