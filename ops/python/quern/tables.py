# SPDX-License-Identifier: Apache-2.0
"""CSV and TSV: typed by pandas.read_csv, so that a table means here what it means at the user's desk."""
import io
import warnings

import pandas as pd

import _quern


SHOWN = 20  # names of columns in a message


class BadTable(Exception):
    """A file that is no table; the message is for its owner."""

    reason = _quern.REASON_BAD_INPUT


def read(fd, name, separator, wanted, note):
    """DataFrame of a text table with a header line. fd: borrowed. BadTable names the file and what is wrong.

    wanted: names of columns, only these, in this order; none: all of them.
    """
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            with io.open(fd, "rb", closefd=False) as file:
                file.seek(0)
                made = read_columns(file, wanted, sep=separator, encoding="utf-8", index_col=False, low_memory=False)
    except pd.errors.EmptyDataError:
        raise BadTable(f"{name}: the file is empty: expected a header line") from None
    except (ValueError, OverflowError) as error:  # ParserError and UnicodeDecodeError are ValueErrors
        raise BadTable(f"{name}: {str(error).strip()}") from None
    for warning in caught:
        note(name, str(warning.message))
    return made


def read_columns(file, wanted, **how):
    """read_csv() of some columns, in their order. BadTable names the first that is not there."""
    if not wanted:
        return pd.read_csv(file, **how)
    there = list(pd.read_csv(file, nrows=0, **how).columns)
    for name in wanted:
        if name not in there:
            raise ValueError(f'there is no column "{name}"; the columns are {listed(there)}')
    file.seek(0)
    return pd.read_csv(file, usecols=wanted, **how)[wanted]


def listed(names):
    """The first names, for people."""
    shown = ", ".join(f'"{name}"' for name in names[:SHOWN])
    return f"{shown} and {len(names) - SHOWN} more" if len(names) > SHOWN else shown
