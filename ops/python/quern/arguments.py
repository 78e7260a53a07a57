# SPDX-License-Identifier: Apache-2.0
"""Which dataset becomes which argument of azureml_main (section "Calling convention" of the module's contract)."""
import inspect

POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def arguments(function, inputs, dialect, note):
    """List of positional arguments. inputs: {port: DataFrame}, ports from 1."""
    if dialect in ("classic", "studio"):
        return [inputs[port] for port in sorted(inputs)]
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return by_port(inputs, max(inputs, default=0))
    positional = [parameter for parameter in parameters if parameter.kind in POSITIONAL]
    rest = any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters)
    if dialect == "designer":
        chosen = by_port(inputs, min(2, len(positional) + rest))
    else:
        chosen = fitted(positional, rest, inputs)
    say_ignored(inputs, chosen, note)
    return chosen


def by_port(inputs, count):
    return [inputs.get(port) for port in range(1, count + 1)]


def fitted(positional, rest, inputs):
    """Ports in position. Parameters behind the last connected port keep their own default, without one they get None;
    *args receives every remaining port."""
    last = max(inputs, default=0)
    if last > len(positional):
        return by_port(inputs, last if rest else len(positional))
    required = [place for place, parameter in enumerate(positional, 1) if parameter.default is parameter.empty]
    return by_port(inputs, max([last, *required]))


def say_ignored(inputs, chosen, note):
    for port in sorted(inputs):
        if port > len(chosen):
            note("azureml_main", f"dataset {port} is connected, but azureml_main takes {len(chosen)} dataset(s): "
                                 "it is ignored")
