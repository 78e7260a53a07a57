# SPDX-License-Identifier: Apache-2.0
"""R3: work directories of other jobs, by their place and by what /proc tells of other processes."""
import glob
import os

from attack import say, tried

EXPECT = {
    "found": {"processes": ["2"], "work": ["job"], "others": [], "above": "EACCES"},
    "minimal": {"found": {"processes": "many", "work": "closed", "others": [], "above": "EACCES"}},
    "not_stopped": {"minimal": "see which processes the machine has"},
    "no_control": "outside there is no other job",
}


def azureml_main():
    processes = sorted(name for name in os.listdir("/proc") if name.isdigit())
    others = [path for path in glob.glob("/proc/[0-9]*/cwd") + glob.glob("/proc/[0-9]*/root")
              if not path.startswith(f"/proc/{os.getpid()}/") and os.access(path, os.R_OK)]
    closed = tried(os.listdir, "/run") != "ok"
    work = "closed" if closed else [name for name in sorted(os.listdir("/run")) if name != "cache"]
    say({"processes": processes if len(processes) == 1 else "many", "work": work, "others": others,
         "above": tried(os.listdir, "../..")})
