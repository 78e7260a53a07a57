# SPDX-License-Identifier: Apache-2.0
"""A13: takes from everybody the right to open what it hands over, and asks for it again: that its worker cannot would be the
host's fault, and the job another host's."""
import os

from attack import say

EXPECT = {"found": {"read": [1, 2]}, "options": ["--read", "team", "--write", "team"], "no_control": "outside there is no channel"}


def azureml_main():
    import pandas as pd
    import quern
    from quern import channel
    ask = channel.ask

    def shut(kind, name="", text="", offset=0, payload=None):
        if payload is not None:
            os.fchmod(payload, 0)
        return ask(kind, name, text, offset, payload)
    channel.ask = shut
    quern.write("team/nobodys", pd.DataFrame({"a": [1, 2]}))
    say({"read": quern.read("team/nobodys").a.tolist()})
    quern.remove("team/nobodys")
