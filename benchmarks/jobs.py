# SPDX-License-Identifier: Apache-2.0
"""jobs.py DIR NAME=PROGRAMS...: `quern run` from start to end, with each build of the programs in turns.

`noop` is an empty script: the wall clock, the CPU time of all its processes, and each step as job.json has it. `large` is
10 columns of float64 in and out. Beside them stands what a user does without quern. Rounds: measurer.py.
"""
import json
import os
import sys

import measurer

DIR, AREA = sys.argv[1], sys.argv[2]
BUILDS = dict(argument.split("=", 1) for argument in sys.argv[3:])
EMPTY = "def azureml_main(dataframe1=None, dataframe2=None):\n    return None\n"
DOUBLE = "def azureml_main(dataframe1):\n    dataframe1['c0'] *= 2\n    return dataframe1\n"
PLAIN = ["/usr/bin/python3", "-c", "import pandas"]
DEAR = [os.path.join(os.path.dirname(__file__), os.pardir, "build", "venv-oracles", "bin", "python"), "-c",
        "import pandas, sys; f = pandas.read_feather(sys.argv[1]); f['c0'] *= 2; "
        "f.to_feather(sys.argv[2], compression='zstd', compression_level=1)",
        f"{DIR}/large.arrow", f"{DIR}/peer.arrow"]


def steps(label, out):
    with open(f"{out}/job.json", encoding="utf-8") as file:
        found = json.load(file)["steps"]
    return [(f"{label}: step {name}", "ms", step["ms"]) for name, step in found.items()]


def run(label, programs, script, *options):
    out = f"{DIR}/out"
    return measurer.timed(f"{label}: whole", [f"{programs}/quern", "run", script, "-o", out, *options]) + steps(label, out)


def noop():
    for name, programs in BUILDS.items():
        yield from run(name, programs, f"{DIR}/empty.py")
    yield from measurer.timed("python3 -c 'import pandas': whole", PLAIN)


def large():
    for name, programs in BUILDS.items():
        yield from run(name, programs, f"{DIR}/double.py", "--dataframe1", f"{DIR}/large.arrow")
    yield from measurer.timed("python3, read_feather, to_feather: whole", DEAR)


for name, text in (("empty.py", EMPTY), ("double.py", DOUBLE)):
    with open(f"{DIR}/{name}", "w", encoding="utf-8") as file:
        file.write(text)
os.environ["XDG_DATA_HOME"] = f"{DIR}/data"
measurer.serve({"noop": noop, "large": large}[AREA])
