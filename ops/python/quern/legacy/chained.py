# SPDX-License-Identifier: Apache-2.0
"""Since pandas 3 a column that was taken out of a frame is a copy. Here what is set in it in place reaches the frame again:
frame["x"][0] = 1, frame.x.fillna(0, inplace=True), frame["x"].loc[rows] = 1. Source: pandas 2, "Returning a view versus a copy"."""
import functools
import warnings
import weakref

import numpy as np
import pandas as pd

from quern.legacy.gone import USES, Gone

HOME = "_quern_home"  # of a column: (a weak reference to its frame, its name)
GONE = Gone("pandas 3.0", "frame.loc[rows, column] = value, or frame[column] = frame[column].method()")


def changed(module):
    """Mends a module of pandas once it is loaded."""
    if module.__name__ == "pandas":
        warnings.filterwarnings("ignore", category=module.errors.ChainedAssignmentError)
    elif module.__name__ == "pandas.core.frame":
        module.DataFrame._get_item = remembered(module.DataFrame._get_item)
    elif module.__name__ == "pandas.core.series":
        for name in ("__setitem__", "update", "_update_inplace"):
            setattr(module.Series, name, brought(getattr(module.Series, name), lambda column: column))
    elif module.__name__ == "pandas.core.indexing":
        for name in ("_LocationIndexer", "_ScalarAccessIndexer"):
            holder = getattr(module, name)
            holder.__setitem__ = brought(holder.__setitem__, lambda indexer: indexer.obj)


def remembered(get_item):
    @functools.wraps(get_item)
    def call(frame, name):
        column = get_item(frame, name)
        if isinstance(column, pd.Series):
            object.__setattr__(column, HOME, (weakref.ref(frame), name))
        return column

    return call


def brought(change, column_of):
    """What changes a column in place. Only the outermost one looks at its frame."""
    @functools.wraps(change)
    def call(holder, *args, **kwargs):
        column = column_of(holder)
        home = vars(column).pop(HOME, None) if isinstance(column, pd.Series) else None
        frame = home and home[0]()
        if frame is None:
            return change(holder, *args, **kwargs)
        mine = is_of(column, frame, home[1])
        made = change(holder, *args, **kwargs)
        if mine and len(column) == len(frame):
            USES.use("a change in place of a frame's column", GONE)
            frame.isetitem(frame.columns.get_loc(home[1]), column)
            object.__setattr__(column, HOME, home)
        return made

    return call


def is_of(column, frame, name):
    """The frame still has it, and nothing was changed in either since."""
    if name not in frame.columns or not isinstance(frame.columns.get_loc(name), int):
        return False
    there, here = frame._ixs(frame.columns.get_loc(name), axis=1).array, column.array
    if isinstance(here, pd.arrays.NumpyExtensionArray):
        return isinstance(there, type(here)) and np.may_share_memory(there._ndarray, here._ndarray)
    return there is here or pd.api.types.is_dtype_equal(there.dtype, here.dtype) and shares(there, here)


def shares(there, here):
    """Of arrays of pandas' own."""
    for name in ("_ndarray", "_data", "_pa_array", "_codes"):
        a, b = getattr(there, name, None), getattr(here, name, None)
        if isinstance(a, np.ndarray):
            return isinstance(b, np.ndarray) and np.may_share_memory(a, b)
        if a is not None:
            return a is b
    return False
