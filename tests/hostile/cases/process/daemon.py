# SPDX-License-Identifier: Apache-2.0
"""P1: a daemon: forks twice, leaves the session, ignores all signals, stays."""
import os
import signal
import time

from attack import say, tried

EXPECT = {"found": {"daemon": "up"}, "free": {"daemon": "up"}, "short": True}


def daemon(ready):
    if os.fork() > 0:
        os._exit(0)
    tried(os.setsid)  # level minimal: a job is a session, which nobody leaves
    if os.fork() > 0:
        os._exit(0)
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            continue
    os.write(ready, b"up")
    os.closerange(0, 1024)
    while True:
        time.sleep(1000)


def azureml_main():
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        daemon(write_end)
    os.waitpid(pid, 0)
    say({"daemon": os.read(read_end, 2).decode()})
