# SPDX-License-Identifier: Apache-2.0
"""G7: limits, priority, processors and scheduling of the parent."""
import os
import resource

from attack import all_tried, say

EXPECT = {
    "found": {"prlimit": "EPERM", "read prlimit": "EPERM", "nice": "EPERM", "processors": "EPERM", "scheduler": "EPERM"},
    "user": {"found": {"prlimit": "EPERM", "read prlimit": "EPERM", "nice": "ok", "processors": "ok", "scheduler": "EPERM"}},
    "minimal": {"found": {"prlimit": "EPERM", "read prlimit": "EPERM", "nice": "EPERM", "processors": "EPERM", "scheduler": "EPERM"}},
    "not_stopped": {"user": "set priority and processors of quern-init, the first process of its own tree"},
    "free": {"prlimit": "ok", "read prlimit": "ok", "nice": "ok", "processors": "ok", "scheduler": "ok"},
}


def azureml_main():
    say(all_tried({
        "prlimit": (lambda: resource.prlimit(1, resource.RLIMIT_CORE, (0, 0)) and None,),
        "read prlimit": (lambda: resource.prlimit(1, resource.RLIMIT_CORE) and None,),
        "nice": (os.setpriority, os.PRIO_PROCESS, 1, 0), "processors": (os.sched_setaffinity, 1, os.sched_getaffinity(0)),
        "scheduler": (os.sched_setscheduler, 1, os.SCHED_BATCH, os.sched_param(0)),
    }))
