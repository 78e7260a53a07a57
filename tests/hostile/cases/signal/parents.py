# SPDX-License-Identifier: Apache-2.0
"""G2: signals to the parent, to the own group, to the first process, to numbers near the own."""
import os
import signal

from attack import say, tried

EXPECT = {
    "found": {"parent": "itself", "group": "ok", "first": "EPERM", "hit": 0},
    "unscoped": {"first": "ok"},
    "not_stopped": {"user": "before Linux 6.12: send signals to quern-init, which hears none"},
    "minimal": {"found": {"parent": "another", "group": "ok", "first": "EPERM", "hit": 0}},
    "free": {"parent": "1", "group": "ok", "first": "ok", "hit": 1}, "neighbour": "dead",
}


def kill(pid):
    os.kill(pid, signal.SIGTERM)


def azureml_main():
    own = os.getpid()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    parent = os.getppid()
    hit = sum(tried(kill, pid) == "ok" for pid in range(2, 400) if pid != own)
    say({"parent": {0: "itself", 1: "1"}.get(parent, "another"), "group": tried(os.killpg, 0, signal.SIGTERM),
         "first": tried(kill, 1), "hit": hit})
