# SPDX-License-Identifier: Apache-2.0
"""Names of columns and of outputs."""
import re

from quern import failures

# How the n-th repetition of a column's name is written, and where n begins.
SUFFIXES = {"classic": (" ({})", 2), "studio": (" ({})", 1), "designer": ("_{}", 0), "quern": (" ({})", 2)}
OUTPUT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}\Z")


def columns(labels, dialect):
    """Distinct column names for any labels: str() of each; repeated ones get a number that nobody has, in the designer nobody
    to their left."""
    texts = [whole(label if type(label) is str else text_of(label, place)) for place, label in enumerate(labels)]
    taken = set(texts)
    if len(taken) == len(texts):
        return texts
    form, first = SUFFIXES[dialect]
    placed, numbers = set(), {}
    if dialect == "designer":
        taken = placed
    for i, text in enumerate(texts):
        if text in placed:
            texts[i] = _number(text, form, numbers.setdefault(text, first), taken, numbers)
            taken.add(texts[i])
        placed.add(texts[i])
    return texts


def whole(text):
    """Lone surrogates, which are no characters, are replaced, as in cells."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def text_of(label, place):
    try:
        return str(label)
    except MemoryError:
        raise
    except Exception as error:
        why = f"{failures.type_of(error)}: {failures.text_of(error)}"
        raise TypeError(f"the name of column {place + 1} cannot be stored: {why}; name it with a text").with_traceback(
            error.__traceback__) from error


def _number(text, form, number, taken, numbers):
    while text + form.format(number) in taken:
        number += 1
    numbers[text] = number + 1
    return text + form.format(number)


def output(name):
    """The name of an output, or ValueError."""
    if not isinstance(name, str):
        name = str(name)
    if not OUTPUT.match(name):
        raise ValueError(f"an output cannot be named {name[:80]!r}: expected 1 to 64 of A-Z a-z 0-9 _ . - "
                         "and no dot in front")
    return name
