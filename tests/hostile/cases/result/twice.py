# SPDX-License-Identifier: Apache-2.0
"""A13: two results for one place, and one for another job's name, through the channel of quern's own glue."""
import gc

from attack import say

EXPECT = {"found": {"answers": 0}, "no_control": "outside there is no channel"}


def azureml_main():
    found = [item for item in gc.get_objects() if type(item).__name__ == "Answers"]
    say({"answers": len(found)})
