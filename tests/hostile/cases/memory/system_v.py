# SPDX-License-Identifier: Apache-2.0
"""M9: System V memory and message queues, which outlive who made them."""
from attack import all_tried, library_call, say

EXPECT = {
    "found": {"shmget": "EPERM", "semget": "EPERM", "msgget": "EPERM", "mq_open": "EPERM", "planted": "EPERM"},
    "free": {"shmget": "ok", "semget": "ok", "msgget": "ok", "mq_open": "ok", "planted": "ok"},
    "short": True,
}


def azureml_main():
    say(all_tried({"shmget": (library_call, "shmget", 0, 1 << 20, 0o1600), "semget": (library_call, "semget", 7, 8, 0o1600),
                   "msgget": (library_call, "msgget", 7, 0o1600), "mq_open": (library_call, "mq_open", b"/left", 0o102, 0o600, None),
                   "planted": (library_call, "shmget", 0x51554552, 0, 0)}))
