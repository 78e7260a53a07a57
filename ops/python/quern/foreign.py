# SPDX-License-Identifier: Apache-2.0
"""Tables of pyarrow and polars as results: written as an Arrow file in memory and read like any dataset, without pandas.

A library is never imported here: who has such a table has loaded its library.
"""
import io
import json
import sys

import _quern
from quern import frames


class Table:
    """A table of another library. columns: its names; len(): its rows."""

    def __init__(self, value):
        self.value = value

    def __len__(self):
        return len(self.value)

    def segment(self, names, limit, note, file):
        """Writes a segment with the columns called `names` into the empty `file`; at most `limit` bytes. Times keep their unit."""
        with io.BytesIO() as arrow:
            self.write(arrow, names, note)
            with arrow.getbuffer() as written:
                _quern.read_arrow(file, written, _quern.PROFILE_UNITS, limit)
        say_rounded(file, note)


class Pyarrow(Table):
    """A pyarrow.Table."""

    @property
    def columns(self):
        return self.value.column_names

    def write(self, file, names, note):
        import pyarrow as pa
        import pyarrow.compute
        import pyarrow.ipc

        table = self.value.rename_columns(names)
        for place, field in enumerate(table.schema):
            before = table.column(place)
            column = storable(pa, before, field, note)
            if column is not before:
                table = table.set_column(place, field.name, column)
        with pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)


class Polars(Table):
    """A polars.DataFrame."""

    @property
    def columns(self):
        return self.value.columns

    def write(self, file, names, note):
        import polars as pl

        frame = self.value
        for name, dtype in frame.schema.items():
            if dtype.is_nested() or dtype == pl.Object:
                put = texts if dtype == pl.Object else documents
                frame = frame.with_columns(pl.Series(name, put(frame.get_column(name).to_list(), name, note), pl.String))
        frame.write_ipc(file, compression="uncompressed")


def storable(pa, column, field, note):
    """The column as a file of datasets may hold it: no lists, no runs, one dictionary."""
    if pa.types.is_run_end_encoded(field.type):
        return pa.compute.run_end_decode(column)
    if pa.types.is_nested(field.type):
        return pa.array(documents(column.to_pylist(), field.name, note), pa.large_utf8())
    if not pa.types.is_dictionary(field.type) or all(chunk.dictionary.equals(column.chunk(0).dictionary)
                                                     for chunk in column.chunks):
        return column
    if pa.types.is_float16(field.type.value_type):  # pyarrow makes other numbers of halves (seen in 26)
        return column.cast(pa.float16())
    return column.unify_dictionaries()


def documents(cells, name, note):
    """Lists, structs and the like as JSON text, as those in the cells of a DataFrame."""
    if cells:
        note(name, f"column {name!r}: list or dict is stored as JSON text")
    return [None if cell is None else json.dumps(cell, default=str) for cell in cells]


def texts(cells, name, note):
    """Objects of Python by str()."""
    if cells:
        note(name, f"column {name!r}: object is stored as text")
    return [None if cell is None else str(cell) for cell in cells]


def say_rounded(fd, note):
    _, _, count, arrays = _quern.map_segment(fd)
    for array in arrays[:count]:
        if array.inexact:
            note(array.name, f"column {array.name!r}: {frames.rounded(array, '')}")


def table(value):
    """A Table of what pyarrow or polars made, or None."""
    pa, pl = loaded("pyarrow", "Table"), loaded("polars", "DataFrame")
    if pa is not None and isinstance(value, (pa.Table, pa.RecordBatch, pa.RecordBatchReader, pa.Array, pa.ChunkedArray)):
        return of_pyarrow(value, pa)
    if pl is not None and isinstance(value, (pl.DataFrame, pl.LazyFrame, pl.Series)):
        return of_polars(value, pl)
    return None


def is_table(value):
    """Whether it is a whole table, of which a list may hold several."""
    pa, pl = loaded("pyarrow", "Table"), loaded("polars", "DataFrame")
    return (pa is not None and isinstance(value, (pa.Table, pa.RecordBatch, pa.RecordBatchReader))
            or pl is not None and isinstance(value, (pl.DataFrame, pl.LazyFrame)))


def loaded(name, known):
    """A library, if it is loaded and whole."""
    library = sys.modules.get(name)
    return library if hasattr(library, known) else None


def of_pyarrow(value, pa):
    if isinstance(value, pa.RecordBatchReader):
        value = value.read_all()
    elif isinstance(value, pa.RecordBatch):
        value = pa.Table.from_batches([value])
    elif not isinstance(value, pa.Table):
        value = pa.table({"column": value})
    return Pyarrow(value)


def of_polars(value, pl):
    if isinstance(value, pl.LazyFrame):
        value = value.collect()
    elif isinstance(value, pl.Series):
        value = value.to_frame("column")
    return Polars(value)
