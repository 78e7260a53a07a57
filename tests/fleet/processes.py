# SPDX-License-Identifier: Apache-2.0
"""Processes, as /proc shows them."""
import ctypes
import os
import signal

PR_SET_PDEATHSIG = 1


def die_with_parent():
    """For preexec_fn: no server outlives a test that is killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """A line of /proc/PID/stat: pid, parent, state; exe is '' for a zombie. OSError when there is none."""

    def __init__(self, pid):
        with open(f"/proc/{pid}/stat", encoding="latin-1") as file:
            text = file.read()
        self.pid, (self.name, rest) = pid, text[text.index("(") + 1:].rsplit(")", 1)
        self.state, self.parent = rest.split()[0], int(rest.split()[1])
        try:
            self.exe = os.path.basename(os.readlink(f"/proc/{pid}/exe"))
        except PermissionError:  # it holds a secret, and we are not root
            self.exe = self.name
        except OSError:
            self.exe = ""

    def __repr__(self):
        return f"{self.exe or self.name}[{self.pid}, {self.state}]"


def everything():
    """All processes that can be seen."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                found.append(Process(int(name)))
            except OSError:
                continue
    return found


def below(ancestor):
    """The processes that descend from `ancestor`."""
    processes, family = everything(), {ancestor}
    grown = True
    while grown:
        more = {p.pid for p in processes if p.parent in family} - family
        family |= more
        grown = bool(more)
    return [p for p in processes if p.pid in family and p.pid != ancestor]


def lives(pid):
    """A process that has not ended; who only waits to be reaped has."""
    try:
        return Process(pid).state != "Z"
    except OSError:
        return False
