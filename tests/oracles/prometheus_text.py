# SPDX-License-Identifier: Apache-2.0
"""A strict reader of Prometheus' text form (0.0.4), which refuses what a scraper may only shrug at.

Units: as they are told. Errors: ValueError with the line. Source: "Exposition formats" of the Prometheus documentation.
"""
import math
import re

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|\})')
VALUE = re.compile(r"[+-]?(Inf|NaN|[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?)")
TYPES = ("counter", "gauge", "histogram", "summary")
PARTS = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count", "")}


class Family:
    """samples: {(name, ((label, value), ...)): number}, labels sorted."""

    def __init__(self, name, help_text):
        self.name, self.help, self.type, self.samples = name, help_text, None, {}


def _labels(text, line):
    labels, at = {}, 0
    while text[at:] or not labels:
        found = LABEL.match(text, at)
        if not found:
            raise ValueError(f"labels: {line}")
        name, value, end = found.groups()
        if name in labels:
            raise ValueError(f"label {name} twice: {line}")
        labels[name] = re.sub(r'\\(["\\n])', lambda found: {"n": "\n"}.get(found[1], found[1]), value)
        at = found.end()
        if end == "}":
            break
    return labels, text[at:]


def _sample(line):
    name = NAME.match(line)
    if not name:
        raise ValueError(f"name: {line}")
    labels, rest = {}, line[name.end():]
    if rest.startswith("{"):
        labels, rest = _labels(rest[1:], line)
    if not rest.startswith(" ") or not VALUE.fullmatch(rest[1:]):
        raise ValueError(f"value: {line}")
    return name[0], labels, float(rest[1:])


def _belongs(family, name):
    return name in {family.name + part for part in PARTS.get(family.type, ("",))}


def _check_histogram(family):
    series = {}
    for (name, labels), value in family.samples.items():
        rest = tuple(pair for pair in labels if pair[0] != "le")
        bound = dict(labels).get("le")
        series.setdefault(rest, {})[bound if name.endswith("_bucket") else name[len(family.name):]] = value
    for labels, parts in series.items():
        buckets = sorted((math.inf if bound == "+Inf" else float(bound), count)
                         for bound, count in parts.items() if bound not in ("_sum", "_count"))
        counts = [count for _, count in buckets]
        if not buckets or buckets[-1][0] != math.inf or counts != sorted(counts):
            raise ValueError(f"buckets of {family.name}{labels}")
        if parts["_count"] != counts[-1] or parts["_sum"] < 0:
            raise ValueError(f"sum or count of {family.name}{labels}")


def _check(family):
    if not family.type:
        raise ValueError(f"{family.name} has no TYPE")
    if (family.type == "counter") != family.name.endswith("_total"):
        raise ValueError(f"{family.name} is a {family.type}")
    for (name, labels), value in family.samples.items():
        if math.isnan(value) or value < 0 or (family.type == "counter" and value != int(value)):
            raise ValueError(f"{name}{labels} is {value}")
        if name.endswith("_bucket") and family.type == "histogram" and "le" not in dict(labels):
            raise ValueError(f"{name}{labels} has no le")
    if family.type == "histogram":
        _check_histogram(family)


def read(text):
    """{name: Family}, in the order of the text; every family with HELP, TYPE, and its samples behind them."""
    if not text.endswith("\n"):
        raise ValueError("the last line does not end")
    families, family = {}, None
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            name, _, help_text = line[7:].partition(" ")
            if not NAME.fullmatch(name) or name in families or not help_text:
                raise ValueError(line)
            family = families[name] = Family(name, help_text)
        elif line.startswith("# TYPE "):
            name, _, kind = line[7:].partition(" ")
            if not family or name != family.name or family.type or kind not in TYPES:
                raise ValueError(line)
            family.type = kind
        else:
            name, labels, value = _sample(line)
            key = (name, tuple(sorted(labels.items())))
            if not family or not _belongs(family, name) or key in family.samples:
                raise ValueError(f"out of place: {line}")
            family.samples[key] = value
    for one in families.values():
        _check(one)
    return families


def value(families, name, **labels):
    """The sample with exactly these labels, of whatever family it is."""
    key = (name, tuple(sorted(labels.items())))
    return next((family.samples[key] for family in families.values() if key in family.samples), None)
