# SPDX-License-Identifier: Apache-2.0
"""M12: recursion without end, in Python and below it."""
import json
import sys

from attack import in_child, say, tried

EXPECT = {
    "found": {"Python": "RecursionError", "nested JSON": "RecursionError", "no limit": -11},
    "free": {"Python": "RecursionError", "nested JSON": "RecursionError", "no limit": -11},
}


def down():
    return down()


def without_limit():
    sys.setrecursionlimit(1 << 30)
    json.loads("[" * 10_000_000)


def azureml_main():
    say({"Python": tried(down), "nested JSON": tried(json.loads, "[" * 1000000), "no limit": in_child(without_limit)})
