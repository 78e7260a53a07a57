# SPDX-License-Identifier: Apache-2.0
"""The functions of labs/ called in a plain Python process, without anything of quern: labs_plain.py OUT NAME=INPUT,... ...

OUT is a pickle of {name: what the function returned}. The bundle is a directory on the import path, as at one's desk.
"""
import importlib.util
import os
import pickle
import sys
import tempfile

import matplotlib
import pandas as pd

HERE = os.path.dirname(os.path.abspath(__file__))
MADE = os.path.join(os.getcwd(), "Script Bundle")


def called(name, inputs):
    spec = importlib.util.spec_from_file_location(name, os.path.join(HERE, "labs", f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.azureml_main(*[pd.read_csv(one) for one in inputs])


def main(out, *jobs):
    matplotlib.use("Agg")
    matplotlib.use = lambda *given, **more: None  # no desk has a display here
    sys.path.append(MADE)
    made = {}
    for job in jobs:
        name, _, inputs = job.partition("=")
        with tempfile.TemporaryDirectory() as directory:
            os.chdir(directory)
            os.symlink(MADE, "Script Bundle")
            made[name] = called(name, inputs.split(","))
            os.chdir("/")
    with open(out, "wb") as file:
        pickle.dump(made, file)


main(*sys.argv[1:])
