# SPDX-License-Identifier: Apache-2.0
"""R3: work directories of other jobs, by their place and by what /proc tells of other processes."""
import glob
import os

from attack import say

EXPECT = {
    "found": {"processes": ["2"], "work": ["job"], "others": []},
    "no_control": "outside there is no other job",
}


def azureml_main():
    processes = sorted(name for name in os.listdir("/proc") if name.isdigit())
    others = [path for path in glob.glob("/proc/[0-9]*/cwd") + glob.glob("/proc/[0-9]*/root")
              if not path.startswith(f"/proc/{os.getpid()}/") and os.access(path, os.R_OK)]
    work = [name for name in sorted(os.listdir("/run")) if name != "cache"]
    say({"processes": processes, "work": work, "others": others})
