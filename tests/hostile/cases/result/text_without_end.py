# SPDX-License-Identifier: Apache-2.0
"""A15: the text of an exception raises exceptions whose text does."""

EXPECT = {"reason": "exception", "like": r"Text.*", "free": None, "end": "exit 1"}


class Text(Exception):
    def __str__(self):
        raise Text(self)

    __repr__ = __str__


def azureml_main():
    raise Text()
