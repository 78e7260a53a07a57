# SPDX-License-Identifier: Apache-2.0
"""M7: hundreds of pipes, made as large as a user may have them and filled: memory that no process has."""
import fcntl
import os

from attack import say, tried

EXPECT = {"found": {"larger": ["EPERM"], "bytes": "at most 64 kB each"}, "free": {"larger": ["ok"], "bytes": "more"}}
PIPES, F_SETPIPE_SZ = 50, 1031


def azureml_main():
    answers, sizes = set(), []
    for _ in range(PIPES):
        reader, writer = os.pipe()
        answers.add(tried(fcntl.fcntl, writer, F_SETPIPE_SZ, 1 << 20))
        os.set_blocking(writer, False)
        sizes.append(0)
        try:
            while True:
                sizes[-1] += os.write(writer, bytes(65536))
        except BlockingIOError:
            pass
    say({"larger": sorted(answers), "bytes": "at most 64 kB each" if max(sizes) <= 65536 else "more"})
