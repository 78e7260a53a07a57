# SPDX-License-Identifier: Apache-2.0
"""pandas: names at its top level and modules that are gone. Methods: frames.py; manners of calling: pandas_calls.py."""
import datetime
import importlib

import numpy as np
import pandas as pd

from quern.legacy import chained, frames, pandas_access, pandas_calls, pandas_meanings, values
from quern.legacy.gone import Gone
from quern.legacy.pandas_calls import SPECIAL, WORDS  # noqa: F401

GONE = dict(frames.GONE)
SILENT = (chained, values) if int(pd.__version__.partition(".")[0]) >= 3 else ()  # where pandas 3 means something else


def changed(module):
    """Mends a module of pandas once it is loaded."""
    for one in (pandas_calls, pandas_meanings, pandas_access, *SILENT):
        one.changed(module)


def names(module, *wanted):
    """{name: value} of a module that is there; all its public ones when none are wanted."""
    found = importlib.import_module(module)
    wanted = wanted or [name for name in dir(found) if not name.startswith("_")]
    return {name: getattr(found, name) for name in wanted if hasattr(found, name)}


def top(name, since, now, value):
    GONE["pandas", name] = Gone(since, now, lambda: value)


# ---- windows ----


def rolling(method):
    def call(arg, window, *args, min_periods=None, freq=None, center=False, how=None, **kwargs):
        arg = arg if hasattr(arg, "rolling") else pd.Series(arg)
        if args and method not in TWO and method not in FIRST:
            min_periods, args = args[0], args[1:]
        if method == "apply":
            kwargs.setdefault("raw", True)
        return getattr(arg.rolling(window, min_periods=min_periods, center=center), method)(*args, **kwargs)

    return call


def pairwise(method):
    """Of two series; of one frame all pairs of its columns."""
    def call(arg1, arg2=None, window=None, min_periods=None, center=False, pairwise=None, **kwargs):
        if not hasattr(arg2, "rolling") and window is None:
            arg2, window = None, arg2
        return getattr(arg1.rolling(window, min_periods=min_periods, center=center), method)(arg2, pairwise=pairwise, **kwargs)

    return call


def expanding(method):
    def call(arg, *args, min_periods=1, freq=None, **kwargs):
        arg = arg if hasattr(arg, "expanding") else pd.Series(arg)
        return getattr(arg.expanding(min_periods=min_periods), method)(*args, **kwargs)

    return call


def weighted(method):
    def call(arg, com=None, span=None, halflife=None, alpha=None, min_periods=0, freq=None, adjust=True, ignore_na=False,
             bias=False):
        arg = arg if hasattr(arg, "ewm") else pd.Series(arg)
        window = arg.ewm(com=com, span=span, halflife=halflife, alpha=alpha, min_periods=min_periods, adjust=adjust,
                         ignore_na=ignore_na)
        return getattr(window, method)(**({} if method == "mean" else {"bias": bias}))

    return call


TWO, FIRST = ("corr", "cov"), ("quantile", "apply")
for one in ("mean", "sum", "std", "var", "min", "max", "median", "count", "skew", "kurt", *FIRST):
    top(f"rolling_{one}", "pandas 0.23", f".rolling(window).{one}()", rolling(one))
    top(f"expanding_{one}", "pandas 0.23", f".expanding().{one}()", expanding(one))
for one in TWO:
    top(f"rolling_{one}", "pandas 0.23", f".rolling(window).{one}(other)", pairwise(one))
for old, one in (("ewma", "mean"), ("ewmstd", "std"), ("ewmvar", "var"), ("ewmvol", "std")):
    top(old, "pandas 0.23", f".ewm().{one}()", weighted(one))


# ---- functions and types ----


def groupby(obj, by, **kwargs):
    return obj.groupby(by, **kwargs)


def match(to_match, values, na_sentinel=-1):
    return pd.Index(values).get_indexer(to_match)


def value_counts(values, **kwargs):
    return pd.Series(values).value_counts(**kwargs)


def time_grouper(freq=None, *args, **kwargs):
    kwargs.pop("how", None)
    return pd.Grouper(*args, freq=pandas_calls.frequency(freq), **kwargs)


def index_of(dtype):
    def make(data=None, dtype=dtype, copy=False, name=None):
        return pd.Index([] if data is None else data, dtype=dtype, copy=copy, name=name)

    return make


def scatter_matrix(*args, **kwargs):
    return pd.plotting.scatter_matrix(*args, **kwargs)


top("scatter_matrix", "pandas 0.25", "pandas.plotting.scatter_matrix()", scatter_matrix)
top("groupby", "pandas 0.25", "frame.groupby()", groupby)
top("match", "pandas 0.23", "pandas.Index(values).get_indexer()", match)
top("value_counts", "pandas 3.0", "pandas.Series(values).value_counts()", value_counts)
top("TimeGrouper", "pandas 1.0", "pandas.Grouper(freq=)", time_grouper)
top("np", "pandas 2.0", "import numpy", np)
top("datetime", "pandas 2.0", "import datetime", datetime.datetime)
for name, kind in (("Int64Index", "int64"), ("UInt64Index", "uint64"), ("Float64Index", "float64")):
    top(name, "pandas 2.0", f"pandas.Index(dtype={kind!r})", index_of(kind))
for name in ("plot_params", "parallel_coordinates", "andrews_curves", "radviz", "lag_plot", "autocorrelation_plot"):
    GONE["pandas", name] = Gone("pandas 0.25", f"pandas.plotting.{name}", lambda name=name: getattr(pd.plotting, name))
GONE["pandas.io.json", "json_normalize"] = Gone("pandas 1.0", "pandas.json_normalize()", lambda: pd.json_normalize)
GONE["pandas.core.common", "SettingWithCopyWarning"] = Gone(
    "pandas 0.25", "pandas.errors.SettingWithCopyWarning", lambda: getattr(pd.errors, "SettingWithCopyWarning", UserWarning))
GONE["pandas.errors", "SettingWithCopyWarning"] = Gone(
    "pandas 3.0", "the code without it: nothing is set on a copy any more", lambda: UserWarning)

# ---- modules ----


def module(name, since, now, make):
    MODULES[name] = Gone(since, now, make)


def merging():
    return names("pandas", "concat", "merge", "merge_asof", "merge_ordered")


MODULES = {}
module("pandas.tools", "pandas 0.23", "what it held, from pandas itself", dict)
module("pandas.tools.plotting", "pandas 0.23", "pandas.plotting", lambda: names("pandas.plotting"))
module("pandas.tools.merge", "pandas 0.23", "pandas.concat, pandas.merge", merging)
module("pandas.tools.pivot", "pandas 0.23", "pandas.pivot_table, pandas.crosstab", lambda: names("pandas", "pivot_table", "crosstab"))
module("pandas.tools.tile", "pandas 0.23", "pandas.cut, pandas.qcut", lambda: names("pandas", "cut", "qcut"))
module("pandas.tools.util", "pandas 0.23", "pandas.to_numeric", lambda: names("pandas", "to_numeric"))
module("pandas.tools.rplot", "pandas 0.18", "seaborn.FacetGrid, or a loop over frame.groupby()",
       lambda: names("quern.legacy.rplot"))
module("pandas.stats", "pandas 0.23", "what it held, from pandas itself", dict)
module("pandas.stats.moments", "pandas 0.23", ".rolling(), .expanding(), .ewm()", lambda: {
    name: one.make() for (holder, name), one in GONE.items()
    if holder == "pandas" and name.startswith(("rolling_", "expanding_", "ewm"))})
module("pandas.util.testing", "pandas 2.0", "pandas.testing", lambda: names("pandas.testing"))
module("pandas.core.index", "pandas 2.0", "pandas.Index, pandas.MultiIndex", lambda: names("pandas", "Index", "MultiIndex"))
module("pandas.lib", "pandas 0.23", "pandas.api.types", lambda: names("pandas.api.types", "infer_dtype"))
module("pandas.tslib", "pandas 1.0", "pandas.Timestamp, pandas.Timedelta",
       lambda: names("pandas", "Timestamp", "Timedelta", "NaT"))
module("pandas.datetools", "pandas 0.23", "pandas.tseries.offsets",
       lambda: {**names("pandas.tseries.offsets"), **names("pandas.tseries.frequencies", "to_offset"),
                **names("pandas", "to_datetime")})
module("pandas.core.datetools", "pandas 0.23", "pandas.tseries.offsets", lambda: MODULES["pandas.datetools"].make())
module("pandas.types", "pandas 0.23", "pandas.api.types", lambda: names("pandas.api.types"))
module("pandas.types.common", "pandas 0.23", "pandas.api.types", lambda: names("pandas.api.types"))
module("pandas.formats", "pandas 0.23", "pandas.io.formats", dict)
module("pandas.formats.style", "pandas 0.23", "pandas.io.formats.style", lambda: names("pandas.io.formats.style"))
module("pandas.json", "pandas 0.23", "pandas.io.json", lambda: names("json", "dumps", "loads"))
