# SPDX-License-Identifier: Apache-2.0
"""W1: writes into the Python of all jobs: a module, a .pth file, compiled code, sitecustomize. With an environment that
belongs to who runs quern, as a data scientist's does."""
import os
import sys

from attack import say, tried

EXPECT = {
    "options": ["--env", "own"],
    "found": {"module": "EROFS", "compiled": "EROFS", "pth": "EROFS", "directory": "EROFS", "rename": "EROFS",
              "remove": "EROFS", "mode": "EROFS"},
    "user": {"found": {"module": "EROFS", "compiled": "EROFS", "pth": "EROFS", "directory": "EROFS", "rename": "EROFS",
                       "remove": "EROFS", "mode": "ok"}},  # the mode is as before
    "minimal": {"found": {"module": "EACCES", "compiled": "EACCES", "pth": "EACCES", "directory": "EACCES", "rename": "EACCES",
                          "remove": "EACCES", "mode": "ok"}},
    "no_control": "quern's own files stand in the jail only; that their owner can write to them needs no proof",
    "short": True,
}


def azureml_main():
    packages = next(path for path in sys.path if path.startswith("/tmp/house/venv"))
    config = "/tmp/house/venv/pyvenv.cfg"

    def write(path):
        with open(path, "w", encoding="utf-8") as file:
            file.write("raise SystemExit")

    say({"module": tried(write, f"{packages}/sitecustomize.py"), "compiled": tried(write, f"{packages}/numpy.pyc"),
         "pth": tried(write, f"{packages}/x.pth"), "directory": tried(os.mkdir, f"{packages}/numpy"),
         "rename": tried(os.rename, config, f"{config}.old"), "remove": tried(os.unlink, config),
         "mode": tried(os.chmod, config, 0o666)})
