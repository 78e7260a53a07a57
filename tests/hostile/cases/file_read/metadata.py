# SPDX-License-Identifier: Apache-2.0
"""R11: what Landlock does not cover: is there such a file, how large, since when? Seen, and written down: names of the
machine's files can be asked for one by one where the directories above let everybody pass. Contents and lists cannot."""
import os

from attack import say, tried

EXPECT = {
    "found": {"stat /etc/passwd": "ok", "access /etc/shadow": "EACCES", "readlink": "ok", "stat of the daemon's place": "ENOENT",
              "stat of what is planted": "ENOENT"},
    "minimal": {"found": {"stat /etc/passwd": "ok", "access /etc/shadow": "EACCES", "readlink": "ok",
                          "stat of the daemon's place": "ENOENT", "stat of what is planted": "ok"}},
    "not_stopped": {"full": "ask whether a file of the system is there, how large and since when",
                    "user": "ask whether a file of the system is there, how large and since when",
                    "minimal": "ask whether a file or a socket of the machine is there, how large and since when"},
    "no_control": "this is what the jail does not stop, except where the mounts are its own",
}


def access(path):
    if not os.access(path, os.R_OK):
        raise PermissionError(13, "access")


def azureml_main():
    say({"stat /etc/passwd": tried(os.stat, "/etc/passwd"), "access /etc/shadow": tried(access, "/etc/shadow"),
         "readlink": tried(os.readlink, "/bin"), "stat of the daemon's place": tried(os.stat, "/run/quern"),
         "stat of what is planted": tried(os.stat, "/run/planted")})
