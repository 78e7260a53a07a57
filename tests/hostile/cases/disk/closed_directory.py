# SPDX-License-Identifier: Apache-2.0
"""D3: fills a directory that it may enter, and nobody may list: who looks at the work directory does not see what is in it."""
import os
import time

from attack import say

EXPECT = {
    "options": ["--disk", "32M"], "reason": "limit:disk",
    "message": "[Errno 28] No space left on device (the limit is 32 MiB in 65536 files, 4 GiB each)",
    "minimal": {"message": None, "like": r"the script's files took \d+ MiB, more than their limit of 32 MiB"},
    "free": {"written": 160},
}


def azureml_main():
    os.mkdir("closed", 0o300)
    for number in range(10):
        fd = os.open(f"closed/f{number}", os.O_CREAT | os.O_WRONLY)
        os.posix_fallocate(fd, 0, 16 << 20)
        os.close(fd)
    time.sleep(1)
    say({"written": 160})
