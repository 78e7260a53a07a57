# SPDX-License-Identifier: Apache-2.0
"""M5, M6: fills /dev/shm, whose files are memory that no process has; together with the work directory it has one size."""
from attack import say

EXPECT = {
    "options": ["--disk", "32M"], "reason": "limit:disk",
    "message": "[Errno 28] No space left on device (the limit is 32 MiB in 65536 files, 4 GiB each)",
    "minimal": {"reason": "exception", "message": "PermissionError: [Errno 13] Permission denied: '/dev/shm/f0'"},
    "free": {"written": 96},
}


def azureml_main():
    with open("half", "wb") as half:
        half.write(bytes(16 << 20))
    for number in range(20):
        with open(f"/dev/shm/f{number}", "wb", buffering=0) as file:
            for _ in range(4):
                file.write(bytes(1 << 20))
    say({"written": 16 + 80})
