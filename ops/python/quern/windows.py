# SPDX-License-Identifier: Apache-2.0
"""The bundle under the spelling of Windows, for scripts that were written there: `open(".\\\\Script Bundle\\\\a.txt")`.

Such a path is one name here. Links bear these names where the script spells so; others see nothing of them.
"""
import os

from quern import script

MOST = 1000  # files and directories of the bundle


def is_spelled(source):
    """Whether the script (bytes) has such a path: in plain and in raw texts a backslash stands beside the name."""
    return b"Script Bundle\\" in source or b"\\Script Bundle" in source


def link(directory):
    """Names in the work directory for all that the bundle holds, and for itself; within it, for what lies deeper."""
    put(os.path.join(directory, ".\\" + script.BUNDLE), script.BUNDLE)
    for count, path in enumerate(below(script.bundle(directory))):
        if count == MOST:
            return
        name = path.replace("/", "\\")
        for front in ("", ".\\"):
            put(os.path.join(directory, f"{front}{script.BUNDLE}\\{name}"), os.path.join(script.BUNDLE, path))
        if "/" in path:
            put(os.path.join(directory, script.BUNDLE, name), path)


def below(place):
    """Paths of all files and directories, relative to `place`."""
    for root, directories, files in os.walk(place):
        for name in sorted(directories + files):
            yield os.path.relpath(os.path.join(root, name), place)


def put(path, target):
    """Not for pictures: a link that is named like one would be taken for one of the script's own."""
    if target.lower().endswith(".png"):
        return
    try:
        os.symlink(target, path)
    except OSError:  # too long a name, or no room: the script then finds nothing there, as without it
        return
