# SPDX-License-Identifier: Apache-2.0
"""R2: the settings and the password of the daemon, and secrets that everybody may read elsewhere."""
import os

from attack import say, tried

PATHS = ("/run/planted/secret", "/tmp/planted/secret", "/var/tmp/planted/secret", "/dev/shm/planted/secret",
         "/run/planted/open", "/tmp/planted/open", "/tmp/house/password", "/tmp/house/quernd.ini", "/tmp/house/redis.conf",
         "/tmp/house/log", "/tmp/house/table.csv")
EXPECT = {
    "found": {"read": [], "listed": []},
    "free": {"read": ["/run/planted/secret", "/tmp/planted/secret", "/var/tmp/planted/secret", "/dev/shm/planted/secret",
                      "/run/planted/open", "/tmp/planted/open"],
             "listed": ["/tmp", "/tmp/planted", "/var/tmp", "/"]},
    "short": True,
}


def azureml_main():
    say({"read": [path for path in PATHS if tried(open, path) == "ok"],
         "listed": [path for path in ("/tmp", "/tmp/planted", "/var/tmp", "/") if tried(os.listdir, path) == "ok"]})
