# SPDX-License-Identifier: Apache-2.0
"""Functions that are still there, and were called differently."""
import functools
import inspect
from typing import NamedTuple

from quern.legacy.gone import USES, Gone


class Word(NamedTuple):
    """A keyword that a function does not know any more. mend(kwargs, value) puts what it means now into kwargs."""

    since: str
    now: str
    mend: object

    def text(self):
        return Gone(self.since, self.now).text()


def renamed(since, new, values=None):
    """The keyword is `new` now; values: {old value: new one}."""

    def mend(kwargs, value):
        known = isinstance(value, (str, bool, type(None))) and values and value in values
        kwargs.setdefault(new, values[value] if known else value)

    return Word(since, f"{new}=", mend)


def dropped(since, now="the call without it"):
    """The keyword means nothing any more."""
    return Word(since, now, lambda kwargs, value: None)


def adapt(function, name, words, library, order=None):
    """The function under its old manners. words: {keyword: Word}. Arguments by position that are keyword-only now go to these
    in their order, which mostly is the order they had; order: the one they had, all of them, where it is not."""
    places = keyword_only(function)
    if places and order:
        places = places[0], order[places[0] - 1:]
    strange = {old: word for old, word in words.items() if old not in known(function)}
    if not places and not strange:
        return function

    @functools.wraps(function)
    def call(*args, **kwargs):
        if places and len(args) > places[0]:
            args = by_name(name, places, args, kwargs, library)
        for old in strange.keys() & kwargs.keys():
            USES.use(f"{old}= of {name}()", strange[old])
            strange[old].mend(kwargs, kwargs.pop(old))
        return function(*args, **kwargs)

    return call


def parameters(function):
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return []


def known(function):
    """Names that it takes; of one that takes any, those that it lists."""
    return {one.name for one in parameters(function)}


def keyword_only(function):
    """(how many arguments it takes by position, the names that it took by position once), or None."""
    code = getattr(function, "__code__", None)
    inner = getattr(function, "__wrapped__", function)
    if code is None or not (code.co_kwonlyargcount or inner is not function):
        return None
    found = parameters(function)
    if any(one.kind is one.VAR_POSITIONAL for one in found):
        return None
    names = [one.name for one in found if one.kind is one.KEYWORD_ONLY]
    count = sum(one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD) for one in found)
    return (count, names) if names else None


def by_name(name, places, args, kwargs, library):
    """The arguments that are taken by position; the others go into kwargs."""
    count, names = places
    surplus = dict(zip(names, args[count:]))
    if len(args) - count > len(names) or surplus.keys() & kwargs.keys():
        return args  # it refuses them itself
    given = ", ".join(f"{one}=" for one in surplus)
    USES.use(f"{name}() with arguments by position", Gone(library, given))
    kwargs.update(surplus)
    return args[:count]
