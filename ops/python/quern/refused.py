# SPDX-License-Identifier: Apache-2.0
"""What the original module refused. quern takes it, with a note where it matters elsewhere; `strict` refuses it again."""
import os

import _quern

COMMAND_LINE = 16597  # characters: the script was part of one, in the designer
RESERVED = ("app", "test")  # the designer's services had modules of these names


class Refused(Exception):
    """The message is for the owner of the script or bundle."""

    reason = _quern.REASON_BAD_INPUT


def script(source, name, call, note):
    """Looks at the submitted text (bytes) and its file's name."""
    if call["strict"] and call["dialect"] == "designer":
        fits(len(source.decode("utf-8", "replace")))
    reserved("the script", [name], call, note)


def fits(count):
    if count > COMMAND_LINE:
        raise Refused(f"CommandLine exceeds the limit of {COMMAND_LINE} characters: the script has {count}; move functions "
                      "into a script bundle, or leave --strict out")


def bundle(directory, call, note):
    """Looks at what can be imported from an unpacked bundle: its own names and those of its `src`."""
    for place in (directory, os.path.join(directory, "src")):
        if os.path.isdir(place):
            reserved("Script Bundle", sorted(os.listdir(place)), call, note)


def reserved(about, names, call, note):
    for name in names:
        if name.removesuffix(".py") not in RESERVED:
            continue
        if call["strict"]:
            raise Refused(f"{about}: {name} is a name that the designer reserved: give it another one, or leave --strict out")
        note(about, f"{name} is a name that the designer reserved: there, it needs another one")
