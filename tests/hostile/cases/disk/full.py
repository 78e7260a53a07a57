# SPDX-License-Identifier: Apache-2.0
"""D3: fills the work directory, file by file, allocated at once."""
import os
import time

from attack import say

EXPECT = {
    "options": ["--disk", "64M"],
    "reason": "limit:disk", "message": "[Errno 28] No space left on device (the limit is 64 MiB in 65536 files, 4 GiB each)",
    "minimal": {"message": None, "like": r"the script's files took \d+ MiB, more than their limit of 64 MiB"},
    "not_stopped": {"minimal": "write more than its limit, for as long as it takes until somebody looks"},
    "free": {"written": 160},
    "short": True,
}


def azureml_main():
    for number in range(10):
        fd = os.open(f"f{number}", os.O_CREAT | os.O_WRONLY)
        os.posix_fallocate(fd, 0, 16 << 20)
        os.close(fd)
    time.sleep(1)  # until somebody looks
    say({"written": 160})
