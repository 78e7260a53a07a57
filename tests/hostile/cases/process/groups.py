# SPDX-License-Identifier: Apache-2.0
"""P8, P9: hops into other groups and sessions, and takes back the signal that comes with a parent's death."""
import os
import time

from attack import library_call, say, tried

EXPECT = {
    "found": {"setsid in a child": "ok", "setpgid": "ok", "death signal": "ok", "reaper": "ok", "ended": True},
    "minimal": {"found": {"setsid in a child": "EPERM", "setpgid": "EPERM", "death signal": "ok", "reaper": "ok", "ended": True}},
    "free": {"setsid in a child": "ok", "setpgid": "ok", "death signal": "ok", "reaper": "ok", "ended": True},
}
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


def azureml_main():
    found = {"death signal": tried(library_call, "prctl", PR_SET_PDEATHSIG, 0),
             "reaper": tried(library_call, "prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)}
    read_end, write_end = os.pipe()
    if os.fork() == 0:
        answers = [tried(os.setsid)]
        if os.fork() == 0:
            os.write(write_end, (answers[0] + " " + tried(os.setpgid, 0, 0)).encode())
        time.sleep(1000)
    found["setsid in a child"], found["setpgid"] = os.read(read_end, 100).decode().split()
    say({**found, "ended": True})
