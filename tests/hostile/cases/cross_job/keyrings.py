# SPDX-License-Identifier: Apache-2.0
"""X8: keys in the kernel's keyrings, which belong to a user and not to a job."""
from attack import all_tried, say, system_call

EXPECT = {"found": {"add": "EPERM", "request": "EPERM", "join": "EPERM", "read": "EPERM"},
          "free": {"add": "ok", "request": "ok", "join": "ok", "read": "ok"}}
SYS_ADD_KEY, SYS_REQUEST_KEY, SYS_KEYCTL, USER_KEYRING = 248, 249, 250, -4
JOIN_SESSION, READ = 1, 11


def azureml_main():
    say(all_tried({"add": (system_call, SYS_ADD_KEY, b"user", b"left", b"x", 1, USER_KEYRING),
                   "request": (system_call, SYS_REQUEST_KEY, b"user", b"left", 0, USER_KEYRING),
                   "join": (system_call, SYS_KEYCTL, JOIN_SESSION, 0), "read": (system_call, SYS_KEYCTL, READ, USER_KEYRING, 0, 0)}))
