# SPDX-License-Identifier: Apache-2.0
"""G12, G13: lets the kernel send signals for it: timers without number, a descriptor's owner that is another process (whom it
may signal is asked when there is a signal to send)."""
import ctypes
import fcntl
import os
import signal
import time

from attack import LIBC, say, tried

EXPECT = {
    "found": {"timers end with": "EAGAIN", "owner": "ok", "signals": True},
    "minimal": {"found": {"timers end with": "EAGAIN", "owner": "EPERM", "signals": True}},
    "free": {"timers end with": "EAGAIN", "owner": "ok", "signals": True},
}


def timers():
    made, event = ctypes.c_void_p(), (ctypes.c_int * 16)(0, 0, signal.SIGUSR1, 0)
    spec = (ctypes.c_long * 4)(0, 50_000_000, 0, 50_000_000)
    for _ in range(1 << 20):
        if LIBC.timer_create(1, event, ctypes.byref(made)) < 0:
            raise OSError(ctypes.get_errno(), "timer_create")
        LIBC.timer_settime(made, 0, spec, None)


def azureml_main():
    count = []
    signal.signal(signal.SIGUSR1, lambda *_: count.append(1))
    ends, ended = os.pipe(), tried(timers)
    time.sleep(0.2)
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # the timers go on, and Python takes its handlers back before it ends
    say({"timers end with": ended, "owner": tried(lambda: fcntl.fcntl(ends[0], fcntl.F_SETOWN, 1) and None),
         "signals": len(count) > 0})
