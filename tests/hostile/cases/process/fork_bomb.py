# SPDX-License-Identifier: Apache-2.0
"""P2: forks without end; the children do the same."""
import errno
import os
import time

from attack import say

EXPECT = {
    "found": {"refused with": "EAGAIN", "bounded": True},
    "user": {"or": "limit:processes"},
    "not_stopped": {"user": "have up to 256 processes more than its limit, for as long as it takes until somebody looks",
                    "minimal": "have as many processes more than its limit as the machine has, for as long as it takes until somebody looks"},
    "free": {"refused with": "EAGAIN", "bounded": True},
    "short": True,
}
MOST = 700


def azureml_main():
    """Each child forks on, too, until it is refused."""
    read_end, write_end = os.pipe()
    refused = None
    while refused is None:
        try:
            if os.fork() == 0:
                os.write(write_end, b"x")
        except OSError as error:
            refused = errno.errorcode[error.errno]
    if os.getpid() != LEADER:
        time.sleep(100)
        os._exit(0)
    os.set_blocking(read_end, False)
    time.sleep(0.5)
    count = len(os.read(read_end, 1 << 16))
    say({"refused with": refused, "bounded": count < MOST})


LEADER = os.getpid()
