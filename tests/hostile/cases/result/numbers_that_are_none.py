# SPDX-License-Identifier: Apache-2.0
"""A12: what JSON has no word for, or too many for one reader: no number, infinity, one of 5,000 digits, surrogates alone,
quotes and NUL, a key twice; in metrics and in outputs. The record is read strictly."""
from attack import all_tried, say

EXPECT = {"found": {"metric, digits": "OverflowError", "metric, inf": "ok", "metric, nan": "ok", "metric, quote": "ValueError",
                    "metric, surrogate": "ok", "output, digits": "ok", "output, nan": "ok", "output, surrogate": "ok",
                    "output, twice": "ok"},
          "no_control": "the record is quern's"}


def azureml_main():
    import quern
    say(all_tried({
        "metric, nan": (quern.log, "nan", float("nan")), "metric, inf": (quern.log, "inf", float("inf")),
        "metric, digits": (quern.log, "digits", 10 ** 4000), "metric, surrogate": (quern.log, "\ud800", 1),
        "metric, quote": (quern.log, "a\"b\n\0", 1), "output, nan": (quern.output, "nan", {"a": float("nan")}),
        "output, digits": (quern.output, "digits", {"a": 10 ** 4000}), "output, surrogate": (quern.output, "surrogate", {"\ud800": 1}),
        "output, twice": (quern.output, "twice", {1: 1, "1": 2}),
    }))
