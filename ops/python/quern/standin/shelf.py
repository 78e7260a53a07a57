# SPDX-License-Identifier: Apache-2.0
"""quern.catalogue for scripts that know nothing of `--write`: what a job may not write under its key stays with the job, where
the script finds it again, and becomes its file `azure/KEY`. The functions are those of quern.catalogue.

Another process of the job does not see what stayed here.
"""
from quern import catalogue, channel

KEPT = {}  # {key: bytes, or a frame}


def write(key, value):
    place = value.tell() if hasattr(value, "tell") else None
    try:
        catalogue.write(key, value)
        KEPT.pop(key, None)
    except PermissionError:
        if place is not None:
            value.seek(place)
        keep(key, value.read() if hasattr(value, "read") else value)


def keep(key, value):
    value = value.encode() if isinstance(value, str) else value
    if isinstance(value, catalogue.BYTES):
        value = bytes(value)
        channel.give(channel.FILE, f"azure/{key}", value)
        text = f"stays with the job, as its file azure/{key}"
    else:
        value = value.copy()
        text = "stays with this run"
    KEPT[key] = value
    channel.say("azure", f"{key} {text}: --write {key.partition('/')[0]} lets it be written to the catalogue")


def read(key):
    value = KEPT.get(key)
    if isinstance(value, bytes):
        raise ValueError(f"{key}: expected a dataset, found bytes that this run wrote")
    return catalogue.read(key) if value is None else value.copy()


def read_bytes(key):
    return b"".join(stream(key))


def stream(key):
    value = KEPT.get(key)
    if value is None:
        yield from catalogue.stream(key)
    elif isinstance(value, bytes):
        yield value
    else:
        raise ValueError(f"{key}: expected bytes, found a dataset that this run wrote")


def size(key):
    value = KEPT.get(key)
    return catalogue.size(key) if value is None else len(value)


def exists(key):
    return key in KEPT or catalogue.exists(key)


def entries(prefix=""):
    found = dict(catalogue.entries(prefix))
    found.update((key, size(key)) for key in KEPT if key.startswith(prefix))
    return sorted(found.items())


def remove(key):
    """The file of what stayed here stays: it may have been kept for a reader."""
    if KEPT.pop(key, None) is None:
        catalogue.remove(key)
