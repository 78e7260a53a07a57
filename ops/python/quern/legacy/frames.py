# SPDX-License-Identifier: Apache-2.0
"""Methods of DataFrame, Series and Index that are gone."""
import numpy as np
import pandas as pd

from quern.legacy.gone import Gone
from quern.legacy.ix import Ix

FRAME, SERIES = "pandas.core.frame.DataFrame", "pandas.core.series.Series"
INDEX, DATES = "pandas.core.indexes.base.Index", "pandas.core.indexes.datetimes.DatetimeIndex"
MULTI = "pandas.core.indexes.multi.MultiIndex"
TIMES = "pandas.core.indexes.accessors.DatetimeProperties"
GONE = {}


def gone(holders, since, now):
    """Enters a function or property under its name (that of a property: its getter's)."""

    def enter(make):
        plain = make.fget if isinstance(make, property) else getattr(make, "__func__", make)
        for holder in holders:
            GONE[holder, plain.__name__] = Gone(since, now, make)
        return make

    return enter


BOTH = (FRAME, SERIES)


# ---- looking things up ----


@gone(BOTH, "pandas 1.0", ".loc[] with labels or .iloc[] with places")
@property
def ix(self):
    return Ix(self)


@gone(BOTH, "pandas 1.0", ".to_numpy()")
def as_matrix(self, columns=None):
    return (self if columns is None else self[list(columns)]).to_numpy()


@gone(BOTH, "pandas 1.0", ".to_numpy()")
def get_values(self):
    return self.to_numpy()


@gone((FRAME,), "pandas 1.0", ".at[row, column]")
def get_value(self, index, col, takeable=False):
    return self.iat[index, col] if takeable else self.at[index, col]


@gone((FRAME,), "pandas 1.0", ".at[row, column] = value")
def set_value(self, index, col, value, takeable=False):
    if takeable:
        self.iat[index, col] = value
    else:
        self.at[index, col] = value
    return self


@gone((FRAME,), "pandas 0.19", ".iloc[place]")
def irow(self, i, copy=False):
    return self.iloc[i]


@gone((FRAME,), "pandas 0.19", ".iloc[:, place]")
def icol(self, i):
    return self.iloc[:, i]


@gone((SERIES,), "pandas 0.19", ".iloc[place]")
def iget(self, i, axis=0):
    return self.iloc[i]


@gone((SERIES,), "pandas 0.19", ".iat[place]")
def iget_value(self, i, axis=0):
    return self.iat[i]


@gone((FRAME,), "pandas 2.0", "a loop over zip(rows, columns) with .at[]")
def lookup(self, row_labels, col_labels):
    if len(row_labels) != len(col_labels):
        raise ValueError("Row labels must have same size as column labels")
    return np.array([self.at[row, column] for row, column in zip(row_labels, col_labels)])


@gone(BOTH, "pandas 1.0", ".loc[[criterion(label) for label in .index]]")
def select(self, crit, axis=0):
    labels = self._get_axis(axis)
    return self.reindex([label for label in labels if crit(label)], axis=axis) if self.ndim > 1 else self[
        [label for label in labels if crit(label)]]


@gone((FRAME,), "pandas 2.0", ".items()")
def iteritems(self):
    return self.items()


@gone((FRAME, SERIES), "pandas 1.0", ".items()")
def iterkv(self):
    return self.items()


GONE[SERIES, "iteritems"] = GONE[FRAME, "iteritems"]


# ---- putting together and in order ----


@gone((FRAME,), "pandas 2.0", "pandas.concat([frame, other])")
def append(self, other, ignore_index=False, verify_integrity=False, sort=False):
    if isinstance(other, (dict, pd.Series)):
        if not ignore_index and getattr(other, "name", None) is None:
            raise TypeError("Can only append a dict if ignore_index=True" if isinstance(other, dict) else
                            "Can only append a Series if ignore_index=True or if the Series has a name")
        row = pd.Series(other)
        other = row.reindex(self.columns.append(row.index.difference(self.columns, sort=False))).to_frame().T.infer_objects()
    elif isinstance(other, list) and other and not isinstance(other[0], pd.DataFrame):
        other = pd.DataFrame(other)
    others = list(other) if isinstance(other, (list, tuple)) else [other]
    if len(self.columns) == 0 and len(self) == 0:  # of an empty frame only the columns count, not their types
        self, others = others[0], others[1:]
        return pd.concat([self, *others], ignore_index=ignore_index, verify_integrity=verify_integrity, sort=sort)
    kept = [one for one in (self, *others) if len(one)] or [self]
    made = pd.concat(kept, ignore_index=ignore_index, verify_integrity=verify_integrity, sort=sort)
    names = list(dict.fromkeys(name for one in (self, *others) for name in one.columns))
    return made.reindex(columns=names) if list(made.columns) != names and not sort else made


def append_series(self, to_append, ignore_index=False, verify_integrity=False):
    others = list(to_append) if isinstance(to_append, (list, tuple)) else [to_append]
    return pd.concat([self, *others], ignore_index=ignore_index, verify_integrity=verify_integrity)


GONE[SERIES, "append"] = Gone("pandas 2.0", "pandas.concat([series, other])", append_series)


@gone((FRAME,), "pandas 0.20", ".sort_values(columns) or .sort_index()")
def sort(self, columns=None, axis=0, ascending=True, inplace=False, kind="quicksort", na_position="last"):
    if columns is None:
        return self.sort_index(axis=axis, ascending=ascending, inplace=inplace, kind=kind, na_position=na_position)
    columns = list(columns) if isinstance(columns, tuple) else columns
    return self.sort_values(by=columns, axis=axis, ascending=ascending, inplace=inplace, kind=kind, na_position=na_position)


def sort_series(self, axis=0, ascending=True, kind="quicksort", na_position="last", inplace=True):
    return self.sort_values(ascending=ascending, kind=kind, na_position=na_position, inplace=inplace)


GONE[SERIES, "sort"] = Gone("pandas 0.20", ".sort_values(inplace=True)", sort_series)


@gone((SERIES,), "pandas 0.20", ".sort_values()")
def order(self, na_last=None, ascending=True, kind="quicksort", na_position="last", inplace=False):
    position = na_position if na_last is None else "last" if na_last else "first"
    return self.sort_values(ascending=ascending, kind=kind, na_position=position, inplace=inplace)


@gone(BOTH, "pandas 1.0", ".sort_index(level=)")
def sortlevel(self, level=0, axis=0, ascending=True, inplace=False, sort_remaining=True):
    return self.sort_index(level=level, axis=axis, ascending=ascending, inplace=inplace, sort_remaining=sort_remaining)


@gone(BOTH, "pandas 1.0", ".reindex(labels, axis=)")
def reindex_axis(self, labels, axis=0, **options):
    options = {key: value for key, value in options.items() if key in ("method", "level", "limit", "fill_value")}
    return self.reindex(labels, axis=axis, **options) if self.ndim > 1 else self.reindex(labels, **options)


@gone(BOTH, "pandas 3.0", ".T")
def swapaxes(self, axis1, axis2, copy=True):
    first, second = self._get_axis_number(axis1), self._get_axis_number(axis2)
    return self.copy() if first == second else self.T.copy()


# ---- computing ----


@gone((FRAME,), "pandas 2.0", "(frame - frame.mean()).abs().mean()")
def mad(self, axis=None, skipna=True, level=None):
    axis = 0 if axis is None else axis
    numbers = self.select_dtypes(["number", "bool"]) if self.ndim > 1 else self
    away = numbers.sub(numbers.mean(axis=axis, skipna=skipna), axis=1 - self._get_axis_number(axis)) if self.ndim > 1 else (
        numbers - numbers.mean(skipna=skipna))
    return away.abs().mean(axis=axis, skipna=skipna)


GONE[SERIES, "mad"] = GONE[FRAME, "mad"]._replace(now="(series - series.mean()).abs().mean()")


@gone(BOTH, "pandas 1.0", ".clip(upper=)")
def clip_upper(self, threshold, axis=None, inplace=False):
    return self.clip(upper=threshold, axis=axis, inplace=inplace)


@gone(BOTH, "pandas 1.0", ".clip(lower=)")
def clip_lower(self, threshold, axis=None, inplace=False):
    return self.clip(lower=threshold, axis=axis, inplace=inplace)


@gone((FRAME,), "pandas 3.0", ".map()")
def applymap(self, func, na_action=None, **kwargs):
    return self.map(func, na_action=na_action, **kwargs)


@gone(BOTH, "pandas 3.0", ".ffill()")
def pad(self, axis=None, inplace=False, limit=None, downcast=None):
    return self.ffill(axis=axis, inplace=inplace, limit=limit)


@gone(BOTH, "pandas 3.0", ".bfill()")
def backfill(self, axis=None, inplace=False, limit=None, downcast=None):
    return self.bfill(axis=axis, inplace=inplace, limit=limit)


@gone(BOTH, "pandas 2.0", ".shift(freq=)")
def tshift(self, periods=1, freq=None, axis=0):
    return self.shift(periods, freq=freq if freq is not None else "infer", axis=axis)


@gone(BOTH, "pandas 2.0", ".shift()")
def slice_shift(self, periods=1, axis=0):
    if periods == 0:
        return self
    shifted = self.shift(periods, axis=axis)
    part = slice(periods, None) if periods > 0 else slice(None, periods)
    return shifted.iloc[part] if self._get_axis_number(axis) == 0 else shifted.iloc[:, part]


@gone(BOTH, "pandas 3.0", "a mask of the index: .loc[.index < .index[0] + offset]")
def first(self, offset):
    end = self.index[0] + pd.tseries.frequencies.to_offset(offset) if len(self) else None
    return self.loc[self.index < end] if len(self) else self.copy()


@gone(BOTH, "pandas 3.0", "a mask of the index: .loc[.index > .index[-1] - offset]")
def last(self, offset):
    start = self.index[-1] - pd.tseries.frequencies.to_offset(offset) if len(self) else None
    return self.loc[self.index > start] if len(self) else self.copy()


# ---- types ----


@gone((FRAME,), "pandas 1.0", ".apply(pandas.to_numeric, errors='coerce') or .infer_objects()")
def convert_objects(self, convert_dates=True, convert_numeric=False, convert_timedeltas=True, copy=True):
    return self.apply(converted, args=(convert_dates, convert_numeric)) if self.ndim > 1 else converted(
        self, convert_dates, convert_numeric)


GONE[SERIES, "convert_objects"] = GONE[FRAME, "convert_objects"]


def converted(column, dates, numbers):
    """What is no number becomes NaN, unless nothing is a number."""
    text = pd.api.types.is_object_dtype(column.dtype) or pd.api.types.is_string_dtype(column.dtype)
    if text and dates == "coerce":
        return pd.to_datetime(column, errors="coerce")
    if text and numbers:
        made = pd.to_numeric(column, errors="coerce")
        return made if made.notna().any() else column
    return column.infer_objects()


@gone((FRAME,), "pandas 1.0", ".dtypes.value_counts()")
def get_dtype_counts(self):
    return self.dtypes.astype(str).value_counts().sort_index()


@gone((FRAME,), "pandas 1.0", ".dtypes")
@property
def ftypes(self):
    return self.dtypes.astype(str) + ":dense"


@gone((SERIES,), "pandas 1.0", ".dropna()")
def valid(self, inplace=False, **kwargs):
    return self.dropna(inplace=inplace)


@gone((SERIES,), "pandas 1.0", ".to_numpy().nonzero()")
def nonzero(self):
    return self.to_numpy().nonzero()


@gone((SERIES,), "pandas 1.0", "series[condition]")
def compress(self, condition, *args, **kwargs):
    return self[condition]


@gone((SERIES,), "pandas 1.0", "numpy.ptp(series)")
def ptp(self, axis=None, skipna=True, level=None, numeric_only=None, **kwargs):
    return self.max(skipna=skipna) - self.min(skipna=skipna)


@gone((SERIES,), "pandas 3.0", ".to_numpy().ravel()")
def ravel(self, order="C"):
    return self.to_numpy().ravel(order=order)


@gone((SERIES, INDEX), "pandas 2.0", ".is_monotonic_increasing")
@property
def is_monotonic(self):
    return self.is_monotonic_increasing


@gone((INDEX,), "pandas 1.0", "index[index.duplicated()].unique()")
def get_duplicates(self):
    return self[self.duplicated()].unique()


@gone((MULTI,), "pandas 1.0", ".codes")
@property
def labels(self):
    return self.codes


@gone((TIMES, DATES), "pandas 1.0", ".day_name()")
@property
def weekday_name(self):
    return self.day_name()


@gone((TIMES, DATES), "pandas 2.0", ".isocalendar().week")
@property
def week(self):
    found = self.isocalendar().week
    if not isinstance(self, pd.Index):
        found = found.rename(self._parent.name)
    return found.astype("int64") if found.notna().all() else found


@gone((TIMES, DATES), "pandas 2.0", ".isocalendar().week")
@property
def weekofyear(self):
    return week.fget(self)


# ---- making ----


@gone((FRAME,), "pandas 1.0", "pandas.read_csv(path, index_col=0, parse_dates=True)")
@classmethod
def from_csv(cls, path, header=0, sep=",", index_col=0, parse_dates=True, encoding=None, **kwargs):
    return pd.read_csv(path, header=header, sep=sep, index_col=index_col, parse_dates=parse_dates, encoding=encoding)


@gone((FRAME,), "pandas 1.0", "DataFrame.from_dict(dict(items))")
@classmethod
def from_items(cls, items, columns=None, orient="columns"):
    if orient == "index":
        return cls.from_dict(dict(items), orient="index", columns=columns)
    return cls(dict(items), columns=[key for key, _ in items] if columns is None else columns)
