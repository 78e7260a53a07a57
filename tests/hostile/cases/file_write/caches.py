# SPDX-License-Identifier: Apache-2.0
"""W2: leaves something in the caches that libraries share: matplotlib's fonts, ~/.config, joblib, compiled Python."""
import os
import pathlib

from attack import say, tried

EXPECT = {
    "found": {"home": True, "~/.config": "ok", "~/.cache": "ok", "fonts": "ok", "/run": "EROFS", "/var/cache": "EROFS"},
    "minimal": {"found": {"home": True, "~/.config": "ok", "~/.cache": "ok", "fonts": "ok", "/run": "EACCES", "/var/cache": "EROFS"}},
    "free": {"home": True, "~/.config": "ok", "~/.cache": "ok", "fonts": "ok", "/run": "ok", "/var/cache": "EROFS"},
}


def azureml_main():
    import matplotlib
    cache = matplotlib.get_cachedir()

    def write(directory):
        pathlib.Path(os.path.expanduser(directory)).mkdir(parents=True, exist_ok=True)
        (pathlib.Path(os.path.expanduser(directory)) / "left").write_text("poison")

    say({"home": os.path.expanduser("~") == os.getcwd(), "~/.config": tried(write, "~/.config/matplotlib"),
         "~/.cache": tried(write, "~/.cache/joblib"), "fonts": tried(write, cache), "/run": tried(write, "/run"),
         "/var/cache": tried(write, "/var/cache")})
