# SPDX-License-Identifier: Apache-2.0
"""A program on a terminal of its own."""
import os
import pty
import subprocess

from fleet import PATIENCE_SECONDS


def converse(command, environment, said, directory=None):
    """Runs a command on a terminal of its own; `said`: lines typed. Returns (exit code, all that was shown)."""
    ours, its = pty.openpty()
    process = subprocess.Popen(command, stdin=its, stdout=its, stderr=its, env=environment, start_new_session=True,
                               cwd=directory)
    os.close(its)
    os.write(ours, "".join(line + "\n" for line in said).encode())
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the last process that had the terminal is gone
            break
        if not part:
            break
        shown += part
    os.close(ours)
    return process.wait(timeout=PATIENCE_SECONDS), shown.decode(errors="replace")
