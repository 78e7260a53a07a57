# SPDX-License-Identifier: Apache-2.0
"""C7: comes before all others: nice, real time, deadlines, the disk's priority."""
import ctypes
import os

from attack import all_tried, say, system_call

EXPECT = {
    "found": {"nice": "EACCES", "fifo": "EPERM", "round robin": "EPERM", "deadline": "EPERM", "disk": "EPERM", "autogroup": "EACCES"},
    "free": {"nice": "EACCES", "fifo": "EPERM", "round robin": "EPERM", "deadline": "EPERM", "disk": "EPERM", "autogroup": "ok"},
}
SYS_SCHED_SETATTR, SYS_IOPRIO_SET = 314, 251


def autogroup():
    with open("/proc/self/autogroup", "w", encoding="ascii") as file:
        file.write("0")


def azureml_main():
    deadline = ctypes.create_string_buffer((48).to_bytes(4, "little") + (6).to_bytes(4, "little") + bytes(16) +
                                           (1 << 20).to_bytes(8, "little") + (1 << 21).to_bytes(8, "little") * 2, 48)
    say(all_tried({
        "nice": (os.setpriority, os.PRIO_PROCESS, 0, -5),
        "fifo": (os.sched_setscheduler, 0, os.SCHED_FIFO, os.sched_param(1)),
        "round robin": (os.sched_setscheduler, 0, os.SCHED_RR, os.sched_param(1)),
        "deadline": (system_call, SYS_SCHED_SETATTR, 0, deadline, 0),
        "disk": (system_call, SYS_IOPRIO_SET, 1, 0, 1 << 13), "autogroup": (autogroup,),
    }))
