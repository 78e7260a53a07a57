# SPDX-License-Identifier: Apache-2.0
"""W3: persists wherever everybody may write, to be there when the next job comes."""
import os

from attack import say, tried

PLACES = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/run/lock", "/run/planted/everybody", "/tmp/planted/everybody",
          "/dev/shm/planted/everybody", "/dev/mqueue", "/var/lock", "/run/job", ".")
EXPECT = {
    "found": {"written": ["/dev/shm", "/run/job", "."], "found again": []},
    "minimal": {"found": {"written": ["."], "found again": []}},
    "free": {"written": ["/tmp", "/var/tmp", "/dev/shm", "/run", "/run/planted/everybody", "/tmp/planted/everybody",
                         "/dev/shm/planted/everybody", "/run/job", "."], "found again": []},
    "short": True,
}


def leave(place):
    with open(os.path.join(place, "persistent"), "x", encoding="utf-8") as file:
        file.write("here")


def azureml_main():
    again = [place for place in PLACES if os.path.exists(os.path.join(place, "persistent"))]
    written = [place for place in PLACES if tried(leave, place) in ("ok", "FileExistsError", "EEXIST")]
    say({"written": written, "found again": again})
