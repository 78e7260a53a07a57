# SPDX-License-Identifier: Apache-2.0
"""pandas: functions and methods that are still there and were called differently."""
import functools
import inspect
import re

import types

import pandas as pd
from pandas._config import config

from quern.legacy.calls import Word, adapt, dropped, known, renamed
from quern.legacy.gone import USES, Gone

KEEP = {True: "last", False: "first"}
FILLS = {"ffill": "ffill", "pad": "ffill", "bfill": "bfill", "backfill": "bfill"}


def bad_lines(kwargs, value):
    kwargs.setdefault("on_bad_lines", "error" if value else "skip")


def whitespace(kwargs, value):
    if value:
        kwargs["sep"] = r"\s+"


READING = {
    "error_bad_lines": Word("pandas 2.0", "on_bad_lines='skip'", bad_lines),
    "warn_bad_lines": dropped("pandas 2.0", "on_bad_lines='warn'"),
    "mangle_dupe_cols": dropped("pandas 2.0"), "tupleize_cols": dropped("pandas 1.0"), "as_recarray": dropped("pandas 0.25"),
    "compact_ints": dropped("pandas 0.24"), "use_unsigned": dropped("pandas 0.24"), "buffer_lines": dropped("pandas 0.24"),
    "infer_datetime_format": dropped("pandas 3.0"), "verbose": dropped("pandas 3.0"),
    "skip_footer": renamed("pandas 0.23", "skipfooter"),
    "delim_whitespace": Word("pandas 3.0", r"sep='\s+'", whitespace),
}
SHEETS = {"sheetname": renamed("pandas 0.25", "sheet_name"), "parse_cols": renamed("pandas 0.25", "usecols"),
          "skip_footer": renamed("pandas 0.23", "skipfooter")}
DOUBLES = {"cols": renamed("pandas 0.16", "subset"), "take_last": renamed("pandas 0.23", "keep", KEEP)}
WRITING = {"cols": renamed("pandas 0.16", "columns"), "line_terminator": renamed("pandas 2.0", "lineterminator")}
PIVOT = {"rows": renamed("pandas 0.16", "index"), "cols": renamed("pandas 0.16", "columns")}
LISTED = {
    ("read_csv", "read_table"): READING,
    ("read_excel",): SHEETS,
    ("drop_duplicates", "duplicated"): DOUBLES,
    ("to_csv",): WRITING,
    ("pivot_table", "crosstab"): PIVOT,
    ("info",): {"null_counts": renamed("pandas 2.0", "show_counts")},
    ("describe",): {"datetime_is_numeric": dropped("pandas 2.0"), "percentile_width": dropped("pandas 0.18")},
    ("apply",): {"reduce": dropped("pandas 1.0"), "broadcast": dropped("pandas 1.0")},
    ("to_datetime",): {"infer_datetime_format": dropped("pandas 3.0"), "box": dropped("pandas 1.0"),
                       "coerce": renamed("pandas 0.19", "errors", {True: "coerce", False: "raise"})},
}
WORDS = {(name, old): word for names, words in LISTED.items() for name in names for old, word in words.items()}


# Keywords that functions of their own take, below.
SPECIAL = {("sort_index", "by"): ("pandas 0.23", ".sort_values(by)"), ("fillna", "method"): ("pandas 3.0", ".ffill() or .bfill()"),
           ("resample", "how"): ("pandas 0.25", ".resample(rule).mean() and its like"),
           ("concat", "join_axes"): ("pandas 1.0", ".reindex() of what it gives"),
           ("read_csv", "squeeze"): ("pandas 2.0", '.squeeze("columns")'),
           ("read_table", "squeeze"): ("pandas 2.0", '.squeeze("columns")'),
           ("read_csv", "date_parser"): ("pandas 3.0", "date_format=, or to_datetime() afterwards"),
           ("MultiIndex", "labels"): ("pandas 1.0", "codes=")}
SPECIAL = {key: Gone(*text) for key, text in SPECIAL.items()}


def words_of(name):
    return {old: word for (function, old), word in WORDS.items() if function == name}


# ---- frequencies ----

UNITS = {"H": "h", "T": "min", "S": "s", "L": "ms", "U": "us", "N": "ns", "BH": "bh", "CBH": "cbh"}
ENDS = {"M": "ME", "BM": "BME", "CBM": "CBME", "SM": "SME", "Q": "QE", "BQ": "BQE", "A": "YE", "Y": "YE", "BA": "BYE", "BY": "BYE"}
STARTS = {"AS": "YS", "BAS": "BYS"}
ALIAS = re.compile(r"(?P<count>[-+]?[\d.]*)(?P<alias>[A-Za-z]+)(?P<month>-[A-Z]+)?\Z")


def frequency(text):
    """A frequency in the letters that pandas 3 takes: "2M" becomes "2ME"."""
    match = ALIAS.match(text) if isinstance(text, str) else None
    new = {**UNITS, **ENDS, **STARTS}.get(match["alias"]) if match else None
    return text if new is None else match["count"] + new + (match["month"] or "")


def with_frequency(function, name, keyword, place):
    """The function; a frequency that it refuses is tried in today's letters."""

    @functools.wraps(function)
    def call(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except ValueError as error:
            given = kwargs.get(keyword, args[place] if place is not None and len(args) > place else None)
            new = frequency(given)
            if new is given or not any(word in str(error) for word in ("nvalid freq", "nit", "not compatible")):
                raise
        USES.use(f"the frequency {given!r} of {name}()", Gone("pandas 3.0", repr(new)))
        if keyword in kwargs:
            return function(*args, **{**kwargs, keyword: new})
        return function(*args[:place], new, *args[place + 1:], **kwargs)

    return call


# ---- columns that cannot be computed with ----

NUISANCE = Gone("pandas 2.0", "numeric_only=True")


def without_text(function, name):
    """The function of a frame or of its groups; columns that it fails on are left out, as they were."""

    @functools.wraps(function)
    def call(self, *args, **kwargs):
        try:
            return function(self, *args, **kwargs)
        except (TypeError, ValueError):
            if kwargs.get("numeric_only") or getattr(self, "ndim", 1) == 1:
                raise
            made = function(self, *args, **{**kwargs, "numeric_only": True})
        USES.use(f"{name}() of columns of text", NUISANCE)
        return made

    return call


# ---- one by one ----


def fillna(function, name):
    if "method" in known(function):
        return function

    @functools.wraps(function)
    def call(self, value=None, method=None, axis=None, inplace=False, limit=None, **kwargs):
        if method is None:
            return function(self, value, axis=axis, inplace=inplace, limit=limit, **drop(kwargs, "downcast"))
        USES.use(f"method= of {name}()", Gone("pandas 3.0", f".{FILLS.get(method, method)}()"))
        return getattr(self, FILLS[method])(axis=axis, inplace=inplace, limit=limit)

    return call


def drop(kwargs, *names):
    return {key: value for key, value in kwargs.items() if key not in names}


def sort_index(function, name):
    @functools.wraps(function)
    def call(self, *args, by=None, **kwargs):
        if by is None:
            return function(self, *args, **kwargs)
        USES.use("by= of sort_index()", SPECIAL["sort_index", "by"])
        return self.sort_values(by, *args, **kwargs)

    return call


def rename_axis(function, name):
    """With a mapping it renamed labels."""

    @functools.wraps(function)
    def call(self, mapper=None, *args, **kwargs):
        if not isinstance(mapper, dict) and not callable(mapper):
            return function(self, *([] if mapper is None else [mapper]), *args, **kwargs)
        USES.use("rename_axis() of labels", Gone("pandas 1.0", ".rename()"))
        return self.rename(mapper, axis=args[0] if args else kwargs.get("axis", 0))

    return call


RECORDS = {"r": "records", "record": "records", "d": "dict", "l": "list", "s": "series", "sp": "split", "i": "index"}


def to_dict(function, name):
    @functools.wraps(function)
    def call(self, orient="dict", *args, **kwargs):
        if orient in RECORDS:
            USES.use(f"to_dict({orient!r})", Gone("pandas 2.0", f"to_dict({RECORDS[orient]!r})"))
        return function(self, RECORDS.get(orient, orient), *args, **kwargs)

    return call


def resample(function, name):
    @functools.wraps(function)
    def call(self, rule, *args, how=None, fill_method=None, limit=None, **kwargs):
        made = function(self, rule, *args, **kwargs)
        if how is None and fill_method is None:
            return made
        USES.use("how= of resample()", SPECIAL["resample", "how"])
        if how is None:
            return getattr(made, FILLS[fill_method])(limit=limit)
        made = made.ohlc() if how == "ohlc" else made.agg(how)
        return getattr(made, FILLS[fill_method])(limit=limit) if fill_method else made

    return call


def concat(function, name):
    @functools.wraps(function)
    def call(objs, *args, join_axes=None, **kwargs):
        made = function(objs, *args, **kwargs)
        if join_axes is None:
            return made
        USES.use("join_axes= of concat()", SPECIAL["concat", "join_axes"])
        axis = kwargs.get("axis", args[0] if args else 0)
        return made.reindex(join_axes[0], axis=0 if axis in (1, "columns") else 1)

    return call


def squeezing(function, name):
    @functools.wraps(function)
    def call(*args, squeeze=False, date_parser=None, **kwargs):
        made = function(*args, **kwargs)
        if date_parser is not None:
            USES.use(f"date_parser= of {name}()", SPECIAL["read_csv", "date_parser"])
            parse_dates(made, kwargs.get("parse_dates"), date_parser)
        if not squeeze:
            return made
        USES.use(f"squeeze= of {name}()", SPECIAL["read_csv", "squeeze"])
        return made.squeeze("columns")

    return function if {"squeeze", "date_parser"} <= known(function) else call


def parse_dates(made, wanted, parser):
    for one in wanted if isinstance(wanted, list) else []:
        name = made.columns[one] if isinstance(one, int) else one
        made[name] = pd.to_datetime([parser(str(value)) for value in made[name]])
    if wanted is True:
        made.index = pd.to_datetime([parser(str(value)) for value in made.index])


def ignoring(function, name):
    """errors="ignore": what cannot be converted stays as it is."""

    @functools.wraps(function)
    def call(arg, *args, **kwargs):
        if kwargs.get("errors") != "ignore":
            return function(arg, *args, **kwargs)
        USES.use(f"errors='ignore' of {name}()", Gone("pandas 3.0", "try and except"))
        try:
            return function(arg, *args, **{**kwargs, "errors": "raise"})
        except (ValueError, TypeError):
            return arg

    return call


def choose_columns(function, name):
    """grouped["a", "b"]"""

    @functools.wraps(function)
    def call(self, key):
        if isinstance(key, tuple) and len(key) > 1:
            USES.use('groupby()["a", "b"]', Gone("pandas 2.0", 'groupby()[["a", "b"]]'))
            key = list(key)
        return function(self, key)

    return call


def aggregate(function, name):
    """A dict of dicts, which names what comes out."""

    @functools.wraps(function)
    def call(self, func=None, *args, **kwargs):
        if not isinstance(func, dict) or not func or not all(isinstance(one, dict) for one in func.values()):
            return function(self, func, *args, **kwargs)
        USES.use("agg() with a dict in a dict", Gone("pandas 1.0", "agg(new=(column, function))"))
        pieces = {(column, new): self[column].agg(one) for column, inner in func.items() for new, one in inner.items()}
        return pd.concat(pieces, axis=1)

    return call


def aggregate_series(function, name):
    """A dict, which names what comes out."""

    @functools.wraps(function)
    def call(self, func=None, *args, **kwargs):
        if not isinstance(func, dict):
            return function(self, func, *args, **kwargs)
        USES.use("agg() of one column with a dict", Gone("pandas 1.0", "agg(new=function)"))
        return pd.concat({new: function(self, one) for new, one in func.items()}, axis=1)

    return call


def multiindex(function, name):
    @functools.wraps(function)
    def call(cls, levels=None, codes=None, *args, labels=None, **kwargs):
        if labels is not None:
            USES.use("labels= of MultiIndex()", SPECIAL["MultiIndex", "labels"])
            codes = labels
        return function(cls, levels, codes, *args, **kwargs)

    return call


# ---- where ----

REDUCTIONS = "mean median std var sem skew kurt prod quantile corr cov corrwith".split()
GROUPED = "mean median std var sem skew prod quantile corr cov".split()
TOP = {"date_range": ("freq", 3), "bdate_range": ("freq", 3), "timedelta_range": ("freq", 3), "to_timedelta": ("unit", 1)}
OFTEN = {"resample": ("rule", 1), "asfreq": ("freq", 1), "shift": ("freq", 2)}
OPTIONS = ("display.mpl_style", "display.height", "display.line_width", "mode.use_inf_as_null", "mode.use_inf_as_na",
           "mode.chained_assignment", "mode.sim_interactive")


def changed(module):
    """Mends a module of pandas once it is loaded."""
    for name, mend in (("pandas", top_level), ("pandas.core.frame", frame), ("pandas.core.series", series),
                       ("pandas.core.groupby.generic", grouped), ("pandas.core.indexes.multi", multi)):
        if module.__name__ == name:
            mend(module)


def replace(holder, names, *wrappers):
    """Wraps functions of a module, or methods of a class, that are there."""
    for name in names:
        function = getattr(holder, name, None)
        if isinstance(function, types.FunctionType):
            for wrap in wrappers:
                function = wrap(function, name)
            setattr(holder, name, function)


def functions(holder):
    return [name for name in dir(holder) if not name.startswith("_")
            and isinstance(inspect.getattr_static(holder, name, None), types.FunctionType)]


def manners(function, name):
    return adapt(function, name, words_of(name), f"pandas {pd.__version__.partition('.')[0]}.0")


def often(places):
    return lambda function, name: with_frequency(function, name, *places[name])


def top_level(module):
    replace(module, functions(module), manners)
    replace(module, TOP, often(TOP))
    replace(module, ["concat"], concat)
    replace(module, ["read_csv", "read_table"], squeezing)
    replace(module, ["to_datetime", "to_numeric"], ignoring)
    tolerate_options()


def tolerate_options():
    """Options that mean nothing any more may still be set."""
    for name in OPTIONS:
        if not config._select_options(f"^{re.escape(name)}$"):
            config.register_option(name, None, "Means nothing any more.")


def either(holder):
    """What frames and columns have in common."""
    replace(holder, functions(holder), manners)
    replace(holder, OFTEN, often(OFTEN))
    replace(holder, ["fillna"], fillna)
    replace(holder, ["sort_index"], sort_index)
    replace(holder, ["resample"], resample)
    replace(holder, ["rename_axis"], rename_axis)


def frame(module):
    either(module.DataFrame)
    replace(module.DataFrame, REDUCTIONS, without_text)
    replace(module.DataFrame, ["to_dict"], to_dict)


def series(module):
    either(module.Series)


def grouped(module):
    replace(module.DataFrameGroupBy, GROUPED, without_text)
    replace(module.DataFrameGroupBy, ["__getitem__"], choose_columns)
    replace(module.DataFrameGroupBy, ["aggregate", "agg"], aggregate)
    replace(module.SeriesGroupBy, ["aggregate", "agg"], aggregate_series)


def multi(module):
    replace(module.MultiIndex, ["__new__"], multiindex)
