# SPDX-License-Identifier: Apache-2.0
"""`.ix[]`: labels first, places where an axis has no integer labels (pandas 0.x, "Indexing with ix")."""
import numpy as np
import pandas as pd


class Ix:
    def __init__(self, thing):
        self.thing = thing

    def axes(self, key):
        """[(axis, key)] for each axis of the thing."""
        thing = self.thing
        keys = key if isinstance(key, tuple) and thing.ndim > 1 and not is_label(thing.index, key) else (key,)
        if len(keys) > thing.ndim:
            raise pd.errors.IndexingError("Too many indexers") if hasattr(pd.errors, "IndexingError") else IndexError(
                "Too many indexers")
        whole = (slice(None),) * (thing.ndim - len(keys))
        return list(zip(thing.axes, (one(thing) if callable(one) else one for one in keys + whole)))

    def __getitem__(self, key):
        places = [place(axis, one) for axis, one in self.axes(key)]
        for number, ((axis, one), found) in enumerate(zip(self.axes(key), places)):
            if isinstance(found, np.ndarray) and (found < 0).any():  # labels that are not there become rows of NaN
                return self.reindexed(number, one)[key]
        return self.thing.iloc[tuple(places) if len(places) > 1 else places[0]]

    def reindexed(self, axis, labels):
        found = self.thing.axes[axis].get_indexer_for(labels)
        if (found < 0).all():
            raise KeyError(f"None of {list(labels)} are in the axis")
        return Ix(self.thing.reindex(labels, axis=axis) if self.thing.ndim > 1 else self.thing.reindex(labels))

    def __setitem__(self, key, value):
        try:
            places = [place(axis, one) for axis, one in self.axes(key)]
        except KeyError:
            places = None
        if places is None or any(isinstance(one, np.ndarray) and (one < 0).any() for one in places):
            self.thing.loc[key] = value  # makes the label
            return
        labels = [label(axis, one) for axis, one in self.axes(key)]
        if all(one is not None for one in labels):
            self.thing.loc[tuple(labels) if len(labels) > 1 else labels[0]] = value
        else:
            self.thing.iloc[tuple(places) if len(places) > 1 else places[0]] = value


def has_integers(axis):
    return pd.api.types.is_integer_dtype(axis.dtype) or (axis.dtype == object and
                                                         pd.api.types.infer_dtype(axis, skipna=False) == "mixed-integer")


def is_integer(value):
    return isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.bool_))


def is_label(axis, key):
    """A tuple names a row of a MultiIndex."""
    return isinstance(axis, pd.MultiIndex) and all(not isinstance(one, (slice, list)) for one in key) and key in axis


def is_mask(key):
    return getattr(key, "dtype", None) == bool or (isinstance(key, list) and key and all(
        isinstance(one, (bool, np.bool_)) for one in key))


def by_place(axis, key):
    """The axis has no labels that such a key could be."""
    if has_integers(axis):
        return False
    if isinstance(key, slice):
        ends = [end for end in (key.start, key.stop) if end is not None]
        return all(is_integer(end) for end in ends)
    if is_integer(key):
        return True
    return isinstance(key, (list, np.ndarray, pd.Series, pd.Index)) and len(key) > 0 and all(map(is_integer, key))


def place(axis, key):
    """The key for iloc: an int, a slice or an array of places, -1 for labels that are not there."""
    if is_mask(key):
        mask = key.reindex(axis) if isinstance(key, pd.Series) else key
        return np.flatnonzero(np.asarray(mask, dtype=bool))
    if by_place(axis, key):
        return key if isinstance(key, slice) or is_integer(key) else np.asarray(key)
    if isinstance(key, slice):
        return axis.slice_indexer(key.start, key.stop, key.step)
    if isinstance(key, (list, np.ndarray, pd.Series, pd.Index)):
        return np.asarray(axis.get_indexer_for(list(key)))
    found = axis.get_loc(key)
    return np.flatnonzero(found) if isinstance(found, np.ndarray) else found


def label(axis, key):
    """The same for loc, which can change a column's type; None where labels repeat."""
    if is_mask(key) or not by_place(axis, key):
        return key
    return None if not axis.is_unique else axis[key] if is_integer(key) else list(axis[key])
