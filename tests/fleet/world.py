# SPDX-License-Identifier: Apache-2.0
"""A world of its own for what is killed: what is left behind in it was left by that.

As root it is a new mount and pid namespace with an empty tmpfs on /tmp, /run, /var/tmp and /dev/shm: the list of
processes and of files is complete. As an ordinary user it is a directory, and all orphans come to this process.
"""
import ctypes
import os
import pathlib
import subprocess

from fleet.places import ROOT
from fleet.processes import below, everything

FRESH = ("/tmp", "/run", "/var/tmp", "/dev/shm")
MS_BIND = 4096
PR_SET_CHILD_SUBREAPER = 36
PRIVATE = "QUERN_PRIVATE_WORLD"


def inside(argv, *more_spaces, **more):
    """Runs a Python program in a world of its own: a finished process. more_spaces: "--net" for a network namespace."""
    command = ["/usr/bin/python3", *map(str, argv)]
    if os.geteuid() == 0:
        command = ["unshare", *more_spaces, "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", *command]
    paths = ":".join(str(ROOT / "tests" / room) for room in ("", "e2e", "oracles"))
    environment = dict(os.environ, PYTHONPATH=paths, **{PRIVATE: "1"})
    return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, **more)


class World:
    """That of this process."""

    def __init__(self):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.private = os.geteuid() == 0 and os.environ.get(PRIVATE) == "1" and os.getpid() == 1
        if self.private:
            self.hide()

    @staticmethod
    def hide():
        """All but our own checkout, which may lie in such a place, too."""
        checkout = os.open(ROOT, os.O_PATH)
        for directory in FRESH:
            subprocess.run(["mount", "-t", "tmpfs", "tmpfs", directory], check=True)
        if not ROOT.exists():
            ROOT.mkdir(parents=True)
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.mount(f"/proc/self/fd/{checkout}".encode(), os.fsencode(ROOT), None, MS_BIND, None) < 0:
                raise OSError(ctypes.get_errno(), "mount --bind", str(ROOT))
        os.close(checkout)

    @staticmethod
    def mount_table():
        return pathlib.Path("/proc/self/mountinfo").read_text()

    def list_files(self, *own):
        """What lies in the places for temporary files; as an ordinary user in `own` places, and what has our name."""
        found = set()
        for top in FRESH if self.private else own:
            for directory, below_it, files in os.walk(top):
                if directory == str(ROOT):
                    below_it.clear()
                    continue
                found.update(os.path.join(directory, name) for name in below_it + files)
        if not self.private:
            found.update(entry.path for top in FRESH for entry in os.scandir(top)
                         if "quern" in entry.name and os.stat(entry, follow_symlinks=False).st_uid == os.getuid())
        return found

    def left(self):
        """Processes that live on; those which are dead and ours are reaped first."""
        for process in below(os.getpid()):
            if process.state == "Z" and process.parent == os.getpid():
                try:
                    os.waitpid(process.pid, os.WNOHANG)
                except ChildProcessError:
                    pass
        if self.private:
            return [p for p in everything() if p.pid != os.getpid()]
        return below(os.getpid())
