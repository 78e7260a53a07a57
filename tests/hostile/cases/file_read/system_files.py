# SPDX-License-Identifier: Apache-2.0
"""R1: the files that every attacker reads first."""
from attack import say, tried

EXPECT = {
    "found": {"/etc/passwd": "EACCES", "/etc/shadow": "EACCES", "/etc/hostname": "EACCES", "/root": "EACCES",
              "/var/log": "EACCES"},
    "free": {"/etc/passwd": "ok", "/etc/shadow": "EACCES", "/etc/hostname": "ok", "/root": "EACCES", "/var/log": "EISDIR"},
    "short": True,
}


def azureml_main():
    say({path: tried(open, path) for path in EXPECT["found"]})
