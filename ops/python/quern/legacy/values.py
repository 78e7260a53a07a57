# SPDX-License-Identifier: Apache-2.0
"""What pandas 3 does otherwise with values, without an error that would tell: here text is object again, instants as integers
count nanoseconds, and a value that a column's type cannot hold changes the type. Source: pandas 3.0, "What's new"."""
import functools

import numpy as np

from quern.legacy.gone import USES, Gone

UPCAST = Gone("pandas 3.0", "frame[column] = frame[column].astype(type) first")
NANOSECONDS = Gone("pandas 3.0", '.dt.as_unit("ns").astype("int64")')


def changed(module):
    """Mends a module of pandas once it is loaded."""
    name = module.__name__
    if name == "pandas":
        module.set_option("future.infer_string", False)
    elif name == "pandas.core.internals.blocks":
        module.Block.coerce_to_target_dtype = silently(module.Block.coerce_to_target_dtype)
    elif name == "pandas.core.generic":
        module.NDFrame.astype = in_nanoseconds(module.NDFrame.astype)
    elif name == "pandas.core.indexes.datetimes":
        module.DatetimeIndex.astype = in_nanoseconds(module.DatetimeIndex.astype)


def silently(coerce):
    """A column of integers takes 2.5 and becomes one of doubles."""
    @functools.wraps(coerce)
    def call(block, other, raise_on_upcast=False):
        if raise_on_upcast:
            USES.use("setting what a column's type cannot hold", UPCAST)
        return coerce(block, other, raise_on_upcast=False)

    return call


def in_nanoseconds(astype):
    @functools.wraps(astype)
    def call(values, dtype, *args, **kwargs):
        unit = unit_of(getattr(values, "dtype", None))
        if unit in (None, "ns") or not is_integer(dtype):
            return astype(values, dtype, *args, **kwargs)
        USES.use("instants as integers", NANOSECONDS)
        return astype(getattr(values, "dt", values).as_unit("ns"), dtype, *args, **kwargs)

    return call


def unit_of(dtype):
    """Of instants and durations, else None."""
    if getattr(dtype, "kind", None) not in ("m", "M"):
        return None
    return getattr(dtype, "unit", None) or np.datetime_data(dtype)[0]


def is_integer(dtype):
    try:
        return np.dtype(dtype).kind in "iu"
    except TypeError:
        return False
