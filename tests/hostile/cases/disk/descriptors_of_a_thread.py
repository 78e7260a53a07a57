# SPDX-License-Identifier: Apache-2.0
"""D2: a thread with a table of descriptors of its own holds files without a name: they are not among those of its process, so
that who looks at those does not count them."""
import os
import threading

from attack import say, system_call, tried

EXPECT = {"found": {"table": "EPERM", "seen": True}, "free": {"table": "ok", "seen": False}}
SYS_CLOSE_RANGE, CLOSE_RANGE_UNSHARE, NONE = 436, 2, 0xffffffff


def hold(found, opened, looked):
    found["table"] = tried(system_call, SYS_CLOSE_RANGE, NONE, NONE, CLOSE_RANGE_UNSHARE)
    os.open("hidden", os.O_RDWR | os.O_CREAT)
    opened.set()
    looked.wait()


def target(number):
    try:
        return os.readlink(f"/proc/self/fd/{number}")
    except OSError:
        return ""


def azureml_main():
    found, opened, looked = {}, threading.Event(), threading.Event()
    thread = threading.Thread(target=hold, args=(found, opened, looked))
    thread.start()
    opened.wait()
    seen = any(link.endswith("/hidden") for link in map(target, os.listdir("/proc/self/fd")))
    looked.set()
    thread.join()
    say({**found, "seen": seen})
