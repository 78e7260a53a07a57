# SPDX-License-Identifier: Apache-2.0
"""NumPy: names of Python's types (gone since 1.24), and what 2.0 removed."""
import builtins
import functools
import math
import sys
import types

import numpy as np

from quern import script
from quern.legacy.gone import USES, Gone

MODULES, WORDS, SPECIAL = {}, {}, {}


def python_type(name, now=None):
    return Gone("NumPy 1.24", now or f"{name}, or np.{name}_ for the type of an array", lambda: getattr(builtins, name))


def alias(new, since="NumPy 2.0"):
    def make():
        value = np
        for part in new.split("."):
            value = getattr(value, part)
        return value

    return Gone(since, f"np.{new}", make)


def function(since, now, make):
    return Gone(since, now, lambda: make)


def asscalar(a):
    return a.item()


def alen(a):
    try:
        return len(a)
    except TypeError:
        return len(np.array(a, ndmin=1))


def asfarray(a, dtype=np.float64):
    dtype = dtype if np.issubdtype(dtype, np.inexact) else np.float64
    return np.asarray(a, dtype=dtype)


def msort(a):
    return np.sort(a, axis=0)


def find_common_type(array_types, scalar_types):
    return np.result_type(*array_types, *(np.zeros(1, one)[0] for one in scalar_types))


def in1d(ar1, ar2, assume_unique=False, invert=False):
    return np.isin(np.ravel(ar1), ar2, assume_unique=assume_unique, invert=invert)


class Cast:
    """np.cast[type](values)"""

    def __getitem__(self, dtype):
        return lambda values: np.asarray(values).astype(dtype)


SCTYPES = {"int": "int8 int16 int32 int64", "uint": "uint8 uint16 uint32 uint64", "float": "float16 float32 float64 longdouble",
           "complex": "complex64 complex128 clongdouble", "others": "bool_ object_ bytes_ str_ void"}
NAMES = {
    "cast": Gone("NumPy 2.0", "np.asarray(values, dtype=type)", Cast),
    "sctypes": Gone("NumPy 2.0", "the types themselves",
                    lambda: {kind: [getattr(np, name) for name in names.split()] for kind, names in SCTYPES.items()}),
    "math": Gone("NumPy 1.25", "import math", lambda: math),
    "float": python_type("float"), "int": python_type("int"), "bool": python_type("bool"),
    "complex": python_type("complex"), "object": python_type("object"), "str": python_type("str"),
    "long": python_type("int", "int, or np.int64"), "unicode": python_type("str"),
    "float_": alias("float64"), "complex_": alias("complex128"), "unicode_": alias("str_"), "string_": alias("bytes_"),
    "longfloat": alias("longdouble"), "singlecomplex": alias("complex64"), "cfloat": alias("complex128"),
    "longcomplex": alias("clongdouble"), "clongfloat": alias("clongdouble"), "int0": alias("intp"), "uint0": alias("uintp"),
    "object0": alias("object_"), "bool8": alias("bool_"), "str0": alias("str_"), "bytes0": alias("bytes_"),
    "Inf": alias("inf"), "Infinity": alias("inf"), "infty": alias("inf"), "NaN": alias("nan"), "NAN": alias("nan"),
    "PINF": alias("inf"), "NINF": Gone("NumPy 2.0", "-np.inf", lambda: -np.inf),
    "PZERO": Gone("NumPy 2.0", "0.0", lambda: 0.0), "NZERO": Gone("NumPy 2.0", "-0.0", lambda: -0.0),
    "alltrue": alias("all"), "sometrue": alias("any"), "product": alias("prod"), "cumproduct": alias("cumprod"),
    "round_": alias("round"), "row_stack": alias("vstack"), "trapz": alias("trapezoid"), "mat": alias("asmatrix"),
    "rank": alias("ndim", "NumPy 1.18"), "loads": Gone("NumPy 1.23", "pickle.loads", lambda: __import__("pickle").loads),
    "asscalar": function("NumPy 1.23", "a.item()", asscalar),
    "alen": function("NumPy 1.23", "len(a)", alen),
    "asfarray": function("NumPy 2.0", "np.asarray(a, dtype=float)", asfarray),
    "msort": function("NumPy 2.0", "np.sort(a, axis=0)", msort),
    "find_common_type": function("NumPy 2.0", "np.result_type()", find_common_type),
    "in1d": function("NumPy 2.4", "np.isin()", in1d),
}
GONE = {("numpy", name): gone for name, gone in NAMES.items()}
GONE["numpy.lib", "pad"] = Gone("NumPy 2.0", "np.pad", lambda: np.pad)


# ---- what is called differently ----


def changed(module):
    if module.__name__ == "numpy":
        module.array = ragged(module.array)
        module.histogram = normed(module.histogram)
        for name in ("sum", "vstack", "hstack", "dstack", "column_stack", "concatenate"):
            setattr(module, name, of_a_generator(getattr(module, name), name))


def ragged(array):
    """Lists of several lengths made an array of lists. Libraries count on today's error."""
    @functools.wraps(array)
    def call(*args, **kwargs):
        try:
            return array(*args, **kwargs)
        except ValueError as error:
            if "inhomogeneous" not in str(error) or not asked_by_the_script():
                raise
        USES.use("np.array() of lists of several lengths", Gone("NumPy 1.24", "dtype=object"))
        return array(args[0], *args[2:], **{**kwargs, "dtype": object})

    return call


def asked_by_the_script():
    file = sys._getframe(2).f_code.co_filename
    return file == script.FILE or f"/{script.BUNDLE}/" in file


def normed(histogram):
    @functools.wraps(histogram)
    def call(*args, normed=None, **kwargs):
        if normed is not None:
            USES.use("normed= of np.histogram()", Gone("NumPy 1.24", "density="))
            kwargs.setdefault("density", bool(normed))
        return histogram(*args, **kwargs)

    return call


def of_a_generator(function, name):
    @functools.wraps(function)
    def call(*args, **kwargs):
        if args and isinstance(args[0], (types.GeneratorType, map, filter, zip)):
            USES.use(f"np.{name}() of a generator", Gone("NumPy 2.0", f"np.{name}(list(values))"))
            args = (list(args[0]), *args[1:])
        return function(*args, **kwargs)

    return call
