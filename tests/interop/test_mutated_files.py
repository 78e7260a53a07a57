# SPDX-License-Identifier: Apache-2.0
"""Damaged files before quern's reader and pyarrow's: neither crashes quern, and where both accept, the values agree.

Where quern accepts alone, a reason is listed here. QUERN_ROUNDS (default 4) rounds of 1000 files, the same ones every
time unless QUERN_SEED gives another first round. A file on which they differ is kept in build/.
"""
import collections
import os
import random
import re

import pyarrow as pa
import pyarrow.ipc as ipc
import pytest

import mutations
from conftest import ROOT
from pipe import Pipe
from reference import Reference, described

FIRST, ROUNDS, FILES = int(os.environ.get("QUERN_SEED", 0)), int(os.environ.get("QUERN_ROUNDS", 4)), 1000
CORPUS = sorted((ROOT / "tests" / "fuzz" / "corpus" / "arrow").iterdir())

# What pyarrow says where quern accepts and is right to.
REASONS = {
    "fields that the reader does not use, or tables that stand at odd places": r"flatbuffer",
    "buffers are copied byte by byte and may begin anywhere": r"8-byte aligned|Unaligned block|metadata too long by",
    "the precision of a decimal says nothing about its value": r"Decimal precision|Decimal value .* does not fit in precision",
    "Python cannot show the decimal": r"InvalidOperation|decimal\\.",
    "a date of milliseconds is the instant, midnight or not": r"date64\[ms\] .* does not represent a whole number of days",
    "a view's prefix repeats what its text says": r"View at slot .* has inlined prefix",
    "bytes behind a short view's text are nobody's": r"View at slot .* padding bytes were not all zero",
    "an older libzstd forgives what a newer one does not": r"ZSTD decompression failed",
    "a dictionary of no column is not read": r"No record of dictionary type",
    "pyarrow does not decompress what a message of version 4 says is compressed": r"Buffer #\d+ too small",
    "pyarrow gives up": r"pyarrow crashed",
}


@pytest.fixture(scope="module")
def pipe(tmp_path_factory):
    opened = Pipe(tmp_path_factory.mktemp("pipe") / "stderr")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def reference():
    opened = Reference()
    yield opened
    opened.close()


def compare(raw, pipe, reference):
    """'both', 'quern', 'pyarrow' or 'neither': who accepted. Fails where they differ."""
    taken, told = pipe.ask(raw, "units")
    opinion = reference.opinion(raw)
    refused = isinstance(opinion, str)
    if not taken:
        return "neither" if refused else "pyarrow"
    if refused:
        assert any(re.search(pattern, opinion) for pattern in REASONS.values()), f"pyarrow alone refuses: {opinion}"
        return "quern"
    if is_old(raw):
        return "both"
    table = ipc.open_file(pa.BufferReader(told)).read_all()
    table.validate(full=True)
    found = described(table, "units", lambda kind, column, profile: kind)
    # pyarrow shows no categories of a file without batches.
    assert [mine if their[3] is not None else (*mine[:3], None) for mine, their in zip(found, opinion, strict=True)] == opinion
    return "both"


def is_old(raw):
    """Whether a message is of version 4, whose compressed buffers pyarrow takes as they are."""
    messages = ipc.MessageReader.open_stream(pa.BufferReader(raw[8:]))
    try:
        return any(message.metadata_version != ipc.MetadataVersion.V5 for message in messages)
    except (pa.ArrowInvalid, OSError):
        return False


def compare_and_keep(raw, name, pipe, reference):
    try:
        return compare(raw, pipe, reference)
    except BaseException:
        kept = ROOT / "build" / f"differs-{name}.arrow"
        kept.write_bytes(raw)
        print(f"kept: {kept}")
        raise


def test_b_whole_files_are_accepted_by_both(pipe, reference):
    for number, raw in enumerate(mutations.seeds()):
        assert compare_and_keep(raw, f"seed{number}", pipe, reference) == "both"


@pytest.mark.parametrize("number", range(FIRST, FIRST + ROUNDS))
def test_f_damaged_files_mean_the_same_to_both(number, pipe, reference):
    chance, seeds, found = random.Random(number), mutations.seeds(), collections.Counter()
    for turn in range(FILES):
        raw = mutations.mutated(chance, chance.choice(seeds))
        found[compare_and_keep(raw, f"{number}-{turn}", pipe, reference)] += 1
    print(dict(found))
    assert found["both"] > FILES // 10 and found["neither"] > FILES // 10


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_f_found_files_mean_the_same_to_both(path, pipe, reference):
    compare(path.read_bytes(), pipe, reference)
