# SPDX-License-Identifier: Apache-2.0
"""Inputs as the parameters of azureml_main are annotated: `dataframe1: polars.DataFrame`; without a word, pandas.

pyarrow and polars borrow the memory of the segment, text too, through Arrow's C data interface.
"""
import importlib
import inspect
import typing

import _quern
from quern import frames, names

PORTS = 64
SHORT = {"pa": "pyarrow", "pl": "polars", "np": "numpy"}


def columns(segment, note):
    """The names, and for each column something that pyarrow and polars take, and its flags. Texts that repeat themselves
    (CELLS) are a dictionary to them."""
    mapping, _, count, arrays = segment
    for array in arrays[:count]:
        if array.inexact:
            note(array.name, f"column {array.name!r}: {frames.rounded(array)}")
    return [array.name for array in arrays[:count]], [(frames.Column(mapping, i), arrays[i].flags) for i in range(count)]


def pyarrow_table(segment, note):
    pa = importlib.import_module("pyarrow")
    labels, lent = columns(segment, note)
    made = [pa.array(column) for column, _ in lent]
    return pa.Table.from_arrays([array.dictionary_decode() if flags & _quern.CELLS else array
                                 for array, (_, flags) in zip(made, lent)], labels)


def polars_frame(segment, note):
    """Repeated names get a number, as those of results."""
    pl = importlib.import_module("polars")
    labels, lent = columns(segment, note)
    made = [pl.Series(column).alias(label) for label, (column, _) in zip(names.columns(labels, "quern"), lent)]
    return pl.DataFrame([series.cast(pl.String) if flags & _quern.CELLS else series
                         for series, (_, flags) in zip(made, lent)])


def polars_lazy(segment, note):
    return polars_frame(segment, note).lazy()


def numpy_array(segment, note):
    return frames.made(segment, note).to_numpy()


MAKERS = {"polars.DataFrame": polars_frame, "polars.LazyFrame": polars_lazy, "pyarrow.Table": pyarrow_table,
          "numpy.ndarray": numpy_array}


def makers(function, count):
    """For each of the first `count` arguments the function(segment, note) that makes it."""
    found = [maker(annotation) for annotation in annotations(function)]
    positional = found[:count]
    return positional + [frames.made] * (count - len(positional))


def annotations(function):
    """Those of the positional parameters; that of *args for as many as there can be."""
    made = []
    for parameter in parameters(function):
        annotation = evaluated(parameter.annotation, getattr(function, "__globals__", {}))
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            made.append(annotation)
        elif parameter.kind is parameter.VAR_POSITIONAL:
            made += [annotation] * PORTS
    return made


def parameters(function):
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return []


def evaluated(annotation, scope):
    """What a text means in the script (a text in a text with `from __future__ import annotations`), else the text."""
    for _ in range(2):
        try:
            annotation = eval(annotation, scope) if isinstance(annotation, str) else annotation
        except Exception:  # a name that only a type checker knows
            break
    return annotation


def maker(annotation):
    """By the annotation, or by the first of a union that is known."""
    for one in typing.get_args(annotation) or (annotation,):
        if path(one) in MAKERS:
            return MAKERS[path(one)]
    return frames.made


def path(annotation):
    """library.Class of a class or of a text."""
    if isinstance(annotation, type):
        return f"{annotation.__module__.partition('.')[0]}.{annotation.__name__}"
    library, _, name = annotation.partition(".") if isinstance(annotation, str) else ("", "", "")
    return f"{SHORT.get(library, library)}.{name}"
