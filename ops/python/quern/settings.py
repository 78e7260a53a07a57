# SPDX-License-Identifier: Apache-2.0
"""The parameters of a job, which are texts on their way: what is JSON is its value, anything else the text."""
import json


def typed(texts):
    return {name: value_of(text) for name, text in texts.items()}


def value_of(text):
    """`0.5`, `true`, `null`, `[1, 2]`, `"6"` (the text 6); `abc`, `007` and `NaN` are no JSON, and texts."""
    try:
        return json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError):
        return text


def refuse(name):
    raise ValueError(name)
