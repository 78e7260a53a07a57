# SPDX-License-Identifier: Apache-2.0
"""Datasets and bytes under keys of the catalogue, while a script runs."""
import os

import _quern
from quern import channel, columns, foreign, frames, names, results, scratch

LIMIT = 1 << 50  # bytes of a dataset; the worker knows the job's own
BYTES = (bytes, bytearray, memoryview)


def read(key):
    """DataFrame of the dataset under a key; FileNotFoundError, PermissionError."""
    _, _, fd = channel.ask(channel.READ, key)
    try:
        segment = _quern.map_segment(fd)
    finally:
        os.close(fd)
    return frames.made(segment, note_about(key))


def read_bytes(key):
    """All bytes of an object."""
    return b"".join(stream(key))


def stream(key):
    """The same in pieces."""
    at = 0
    while True:
        whole, part, _ = channel.ask(channel.BYTES, key, offset=at)
        yield part
        at += len(part)
        if at >= whole or not part:
            return


def write(key, value):
    """A table, or bytes (text as UTF-8), under a key that the job may write. Visible to others when the job succeeds."""
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, BYTES) or hasattr(value, "read"):
        channel.give(channel.PUT, key, value)
        return
    if not results.is_table(value):
        raise TypeError(f"quern.write({key!r}): expected a frame, bytes, text or an open file, found {type(value).__name__}")
    fd = scratch.file()
    try:
        segment(results.frame(value), note_about(key), fd)
        channel.ask(channel.WRITE, key, payload=fd)
    finally:
        os.close(fd)


def segment(frame, note, file):
    """Writes what results.frame() gave as a segment into the empty `file`."""
    labels = names.columns(frame.columns, "quern")
    if isinstance(frame, foreign.Table):
        frame.segment(labels, LIMIT, note, file)
        return
    profile = _quern.PROFILE_NS if frames.PANDAS < (2, 0) else _quern.PROFILE_UNITS
    columns.segment(frame, labels, profile, LIMIT, note, file)


def note_about(key):
    return lambda about, text: channel.say(key, text)


def size(key):
    """Bytes of an object as it is stored; FileNotFoundError."""
    return channel.ask(channel.FIND, key)[0]


def exists(key):
    try:
        size(key)
    except FileNotFoundError:
        return False
    return True


def entries(prefix=""):
    """[(key, bytes)] of all keys that begin with `prefix` and may be read, in order."""
    found, after = [], ""
    while True:
        count, body, _ = channel.ask(channel.LIST, prefix, after)
        if not count:
            return sorted(found)
        page = [line.partition(" ") for line in body.decode().splitlines()]
        found += [(key, int(number)) for number, _, key in page]
        after = page[-1][2]


def remove(key):
    """Takes back what this run wrote; PermissionError for any other key."""
    channel.ask(channel.REMOVE, key)
