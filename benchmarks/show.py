# SPDX-License-Identifier: Apache-2.0
"""show.py DIR NAME=PROGRAMS... -- FILE...: `quern dataset show` from start to end, with each build of the programs in turns.
Rounds: measurer.py.
"""
import os
import sys

import measurer

DIR, separator = sys.argv[1], sys.argv.index("--")
BUILDS = dict(argument.split("=", 1) for argument in sys.argv[2:separator])


def shows():
    for name in sys.argv[separator + 1:]:
        for build, programs in BUILDS.items():
            yield from measurer.timed(f"{name}: {build}", [f"{programs}/quern", "dataset", "show", f"{DIR}/{name}.arrow", "--json"])


os.environ["XDG_DATA_HOME"] = f"{DIR}/data"
measurer.serve(shows)
