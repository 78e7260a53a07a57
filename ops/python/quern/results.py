# SPDX-License-Identifier: Apache-2.0
"""What azureml_main returned, as outputs (section "Results" of the module's contract)."""
import types

import numpy as np
import pandas as pd

from quern import foreign, names, objects

NUMBERED = 2  # outputs with a number; all others have a name
UNDONE = {types.CoroutineType: "async", types.GeneratorType: "yield", types.AsyncGeneratorType: "async and yield"}
LAZY = (map, filter, zip, type({}.values()), type({}.items()))  # what Python 2 gave as a list
SEVERAL = {"classic": 1, "studio": 1, "designer": 2}  # how many outputs a dialect knows; quern: any number


def outputs(value, dialect, note):
    """[(port, name, DataFrame, foreign.Table or objects.Object)]: port 1 and 2 with an empty name, 0 with one. What is None is left out: an output
    that is not there is an empty dataset."""
    found = {}
    done(value)
    if isinstance(value, LAZY):
        value = list(value)
    if is_sequence(value):
        if len(value) == 0 and dialect == "designer":
            raise IndexError("tuple index out of range")
        if len(value) == 0:
            note("azureml_main", "an empty sequence was returned: the outputs are empty")
        for place, element in enumerate(value, 1):
            add(found, place, element)
    else:
        add(found, 1, value)
    return limited([(port, name, made) for (port, name), made in found.items() if made is not None], dialect, note)


def done(value):
    """TypeError for what a function returns that has not run yet."""
    word = UNDONE.get(type(value))
    if word is None:
        return
    if word != "async and yield":
        value.close()  # or Python warns that nobody waited for it
    raise TypeError(f"azureml_main has not run: expected a plain function, found one with {word}")


def add(found, place, element):
    """An element of the sequence; a dict of frames gives its own names."""
    if is_named(element):
        for key, item in element.items():
            put(found, names.output(key), item)
    else:
        put(found, f"output{place}", element)


def put(found, name, value):
    numbered = name in ("output1", "output2") and not isinstance(value, objects.Object)
    key = (int(name[6:]), "") if numbered else (0, name)
    if key in found:
        raise ValueError(f"two outputs are named {name!r}")
    found[key] = None if value is None else frame(value)


def declared(returned, more):
    """What was returned, as outputs() tells of it, and what quern.output() was told: {name: Object or what becomes a frame}."""
    found = {(port, name): made for port, name, made in returned}
    for name, value in more.items():
        put(found, name, value)
    return [(port, name, made) for (port, name), made in found.items() if made is not None]


def limited(found, dialect, note):
    most = SEVERAL.get(dialect)
    if most is None:
        return found
    for port, name, _ in found:
        if not 1 <= port <= most:
            note("azureml_main", f"{name or f'output{port}'} is dropped: the dialect {dialect} has {most} output(s)")
    return [output for output in found if 1 <= output[0] <= most]


def is_sequence(value):
    """A tuple always; a list or an object array if it holds frames, or nothing but None."""
    if isinstance(value, tuple):
        return True
    if not isinstance(value, list) and not (isinstance(value, np.ndarray) and value.dtype == object
                                            and value.ndim == 1):
        return False
    return any(is_table(item) or is_named(item) for item in value) or all(
        item is None for item in value)


def is_named(value):
    """A dict with frames or Objects in it."""
    return isinstance(value, dict) and any(is_table(item) for item in value.values())


def is_table(value):
    return isinstance(value, (pd.DataFrame, objects.Object)) or foreign.is_table(value)


def frame(value):
    """A DataFrame of anything, what pyarrow or polars made, or an Object; TypeError where pandas cannot."""
    if isinstance(value, (pd.DataFrame, objects.Object)):
        return value
    made = foreign.table(value)
    if made is not None:
        return made
    try:
        return convert(value)
    except MemoryError:
        raise
    except Exception as error:
        raise TypeError("Unsupported return type. Failed to convert return value from type "
                        f"{type(value)} to type pd.DataFrame.") from error


def convert(value):
    """copy=False: pandas 3 copies arrays otherwise, and a result is only read."""
    if isinstance(value, dict):
        return pd.DataFrame(value, copy=False)
    if type(value).__module__.startswith("scipy.sparse"):  # which is loaded then
        value = value.toarray()
    if isinstance(value, np.ndarray) and value.ndim > 0:
        return labelled(pd.DataFrame(value, copy=False))
    if isinstance(value, list):
        return labelled(pd.DataFrame(value, copy=False))
    if isinstance(value, (pd.Series, pd.Index, pd.api.extensions.ExtensionArray)):
        return pd.DataFrame({"column": pd.Series(value).array}, copy=False)
    return pd.DataFrame({"column": pd.Series([value], dtype=object).infer_objects()})


def labelled(made):
    """Columns without a label are called `column`, or `column_0`, `column_1`, ... when there are several."""
    if isinstance(made.columns, pd.RangeIndex):
        count = len(made.columns)
        made.columns = ["column"] if count == 1 else [f"column_{i}" for i in range(count)]
    return made
