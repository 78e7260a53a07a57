# SPDX-License-Identifier: Apache-2.0
"""A16: an exception whose causes go in a circle, and one with fifty thousand of them."""

EXPECT = {"reason": "exception", "message": "ValueError: last", "free": None, "end": "exit 1"}


def azureml_main():
    first = last = ValueError("last")
    for number in range(50000):
        last.__cause__ = KeyError(number)
        last = last.__cause__
    last.__context__ = first
    raise first
