# SPDX-License-Identifier: Apache-2.0
"""I: an exception whose class has a name of a megabyte, with line feeds and quotes in it."""

EXPECT = {"reason": "exception", "like": r"x\\?.*", "free": None, "end": "exit 1"}


def azureml_main():
    raise type('x"\n{}' * (1 << 18), (Exception,), {})("text")
