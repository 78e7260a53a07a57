# SPDX-License-Identifier: Apache-2.0
"""CSV and TSV: typed by pandas.read_csv, so that a table means here what it means at the user's desk."""
import io
import warnings

import pandas as pd

import _quern


class BadTable(Exception):
    """A file that is no table; the message is for its owner."""

    def __init__(self, message, reason=_quern.REASON_BAD_INPUT):
        super().__init__(message)
        self.reason = reason


def check(fd, name, separator, header):
    """BadTable, with line and column, for what pandas would lose without a word: NUL bytes, cells without a name."""
    try:
        _quern.check_table(fd, separator, header)
    except _quern.Failure as failure:
        raise BadTable(f"{name}: {failure}", failure.reason) from None


def read(fd, name, separator, header, note):
    """DataFrame of a text table. fd: borrowed. BadTable names the file and what is wrong.

    header: the first line has the names; otherwise they are Col1 to ColN.
    """
    check(fd, name, separator, header)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            with io.open(fd, "rb", closefd=False) as file:
                file.seek(0)
                made = pd.read_csv(file, sep=separator, header=0 if header else None, encoding="utf-8",
                                   index_col=False, low_memory=False)
    except pd.errors.EmptyDataError:
        raise BadTable(f"{name}: the file is empty: expected a {'header ' if header else ''}line") from None
    except (ValueError, OverflowError) as error:  # ParserError and UnicodeDecodeError are ValueErrors
        raise BadTable(f"{name}: {str(error).strip()}") from None
    for warning in caught:
        note(name, str(warning.message))
    if not header:
        made.columns = [f"Col{number + 1}" for number in made.columns]
    return made
