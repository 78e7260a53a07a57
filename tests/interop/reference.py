# SPDX-License-Identifier: Apache-2.0
"""pyarrow's opinion of a file that may be damaged, from a process of its own, for it may crash.

As a program: files come in on stdin, each behind its length (u32); a pickled opinion goes out, behind its length.
"""
import pathlib
import pickle
import resource
import struct
import subprocess
import sys

import pyarrow as pa
import pyarrow.ipc as ipc

import meaning

MEMORY = 4 << 30


class Reference:
    """opinion(raw): [(name, type, cells, categories)] as a segment should keep them, or the text of the error."""

    def __init__(self):
        self.process = None

    def opinion(self, raw):
        if self.process is None:
            self.process = subprocess.Popen([sys.executable, pathlib.Path(__file__)], stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            self.process.stdin.write(struct.pack("<I", len(raw)) + raw)
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        head = self.process.stdout.read(4)
        if len(head) == 4:
            return pickle.loads(self.process.stdout.read(struct.unpack("<I", head)[0]))
        code = self.process.wait()
        self.close()
        return f"pyarrow crashed with {code}"

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.stdout.close()
            self.process.wait()
        self.process = None


def opinion(raw):
    try:
        table = ipc.open_file(pa.BufferReader(raw)).read_all()
        table.validate(full=True)
        return described(table, "units")
    except Exception as error:  # of any class: pyarrow raises what Python does with its strings and numbers, too
        return f"{type(error).__name__}: {error}"


def described(table, profile, kept=meaning.kept_type):
    """What a segment of the profile should keep of each column. kept: the types that it writes again.

    A table without batches has no categories in pyarrow, whatever stands in the file.
    """
    return [(name, str(value_type(kept(column.type, column, profile))), zeros(column, meaning.cells(column, profile)),
             meaning.categories(column, profile) if pa.types.is_dictionary(column.type) and column.num_chunks else None)
            for name, column in zip(table.column_names, table.columns)]


def value_type(kind):
    return (kind.value_type, kind.ordered) if pa.types.is_dictionary(kind) else kind


def zeros(column, cells):
    return meaning.equal_zeros(cells) if pa.types.is_dictionary(column.type) else cells


def serve():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while len(head := source.read(4)) == 4:
        told = pickle.dumps(opinion(source.read(struct.unpack("<I", head)[0])))
        sink.write(struct.pack("<I", len(told)) + told)
        sink.flush()


if __name__ == "__main__":
    serve()
