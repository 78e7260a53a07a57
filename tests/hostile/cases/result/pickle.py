# SPDX-License-Identifier: Apache-2.0
"""A11: objects in the result that run code when somebody takes them out again: text of them is stored, nothing is unpickled."""
import os

import pandas as pd

from attack import say

EXPECT = {"found": {"made": True}, "no_control": "the result is taken by quern"}


class Poison:
    def __reduce__(self):
        return os.system, ("touch /tmp/planted/everybody/poisoned",)

    def __str__(self):
        return "poison"


def azureml_main():
    say({"made": True})
    return pd.DataFrame({"a": [Poison(), Poison()]})
