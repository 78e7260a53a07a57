# SPDX-License-Identifier: Apache-2.0
"""D3: fills the work directory, file by file, allocated at once."""
import os

EXPECT = {
    "reason": "limit:disk", "message": "[Errno 28] No space left on device (the limit is 1 GiB in 65536 files, 4 GiB each)",
    "minimal": {"message": None, "like": r"the script's files took \d+ MiB, more than their limit of 1024 MiB"},
    "not_stopped": {"minimal": "write more than its limit, for as long as it takes until somebody looks"},
    "no_control": "outside the end is that of the disk",
    "short": True,
}


def azureml_main():
    for number in range(100000):
        fd = os.open(f"f{number}", os.O_CREAT | os.O_WRONLY)
        os.posix_fallocate(fd, 0, 16 << 20)
        os.close(fd)
