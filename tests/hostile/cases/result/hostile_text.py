# SPDX-License-Identifier: Apache-2.0
"""A15: objects that answer to str() and repr() with no end, or with a gigabyte, on the way of an error."""

EXPECT = {"reason": "exception", "like": r".*", "options": ["--memory", "512M"],
          "free": None, "end": "exit 1"}


class Text(Exception):
    def __str__(self):
        return "x" * (64 << 20)

    __repr__ = __str__


def azureml_main():
    raise Text("short")
