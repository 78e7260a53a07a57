# SPDX-License-Identifier: Apache-2.0
"""W14: what Python and the loader run by themselves: sitecustomize, .pth, LD_PRELOAD, PYTHONSTARTUP, in the work directory.
They run for the job's own programs, and for nobody else."""
import os
import pathlib
import subprocess

from attack import say

EXPECT = {"found": {"own": "poison", "LD_PRELOAD": True}, "free": {"own": "poison", "LD_PRELOAD": True}}


def azureml_main():
    pathlib.Path("sitecustomize.py").write_text("print('poison')\n")
    pathlib.Path("numpy.py").write_text("raise SystemExit('poison')\n")
    pathlib.Path("usercustomize.py").write_text("print('poison')\n")
    pathlib.Path(".pythonrc").write_text("print('poison')\n")
    own = subprocess.run(["/usr/bin/python3", "-c", "pass"], capture_output=True, text=True, cwd=".",
                         env={"PYTHONPATH": os.getcwd(), "PATH": "/usr/bin"})
    os.environ["LD_PRELOAD"] = os.path.abspath("libpoison.so")
    os.environ["PYTHONPATH"] = os.getcwd()
    pathlib.Path("libpoison.so").write_text("poison")
    told = subprocess.run(["/bin/true"], capture_output=True, text=True).stderr
    say({"own": (own.stdout.split() or ["none"])[0], "LD_PRELOAD": "libpoison.so" in told})
