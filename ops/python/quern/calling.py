# SPDX-License-Identifier: Apache-2.0
"""What azureml_main is called with: inputs by port (arguments.py), inputs and parameters by name (dialect quern)."""
import inspect

from quern import arguments, given, lent

NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def called(function, inputs, params, dialect, note):
    """(positional, keywords) of values. inputs: [given.Input]; params: {name: value}."""
    ports = {one.port: one for one in inputs if not one.parameter}
    names = {one.parameter: one for one in inputs if one.parameter}
    known = signature(function) if dialect == "quern" and (names or params) else None
    if known is None:
        chosen = arguments.arguments(function, ports, dialect, note)
        return made(function, chosen), {}
    reached = by_name(known, names, params)
    positional, keywords = bound(known, ports, reached, note)
    return made(function, positional), {name: by_word(function, known, name, thing) for name, thing in keywords.items()}


def signature(function):
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return None


def by_name(known, names, params):
    """{name: Input or parameter} that a parameter of the function has the name of, or **keywords takes (inputs only)."""
    words = [name for name, one in known.items() if one.kind in NAMED]
    any_word = any(one.kind is one.VAR_KEYWORD for one in known.values())
    reached = {name: value for name, value in params.items() if name in words}
    reached.update((name, one) for name, one in names.items() if name in words or any_word)
    return reached


def bound(known, ports, reached, note):
    """Ports fill the parameters that nothing has the name of, in their order, as arguments.fitted() says."""
    positional = [one for one in known.values() if one.kind in arguments.POSITIONAL]
    free = [one for one in positional if one.name not in reached]
    rest = len(free) == len(positional) and any(one.kind is one.VAR_POSITIONAL for one in known.values())
    chosen = arguments.fitted(free, rest, ports)
    arguments.say_ignored(ports, chosen, note)
    values = {**dict(zip([one.name for one in free], chosen)), **reached}
    first = []
    for one in positional:
        if one.name not in values:
            break
        first.append(values.pop(one.name))
    return first + chosen[len(free):], values


def say_unused(inputs, note):
    """Behind the call: a name that was misspelt is found so."""
    for one in inputs:
        if one.parameter and not one.made:
            note("azureml_main", f"the input {one.parameter!r} was not used: azureml_main has no parameter of that name, and "
                                 "quern.inputs was not asked for it")


def made(function, chosen):
    return [of(thing, maker) for thing, maker in zip(chosen, lent.makers(function, len(chosen)))]


def by_word(function, known, name, thing):
    annotation = known[name].annotation if name in known else inspect.Parameter.empty
    return of(thing, lent.maker(lent.evaluated(annotation, getattr(function, "__globals__", {}))))


def of(thing, maker):
    """An Input as what `maker` makes of it; anything else as it is."""
    return thing.value(maker) if isinstance(thing, given.Input) else thing
