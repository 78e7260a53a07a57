# SPDX-License-Identifier: Apache-2.0
"""G14: types into the terminal of who started quern: TIOCSTI, also with bits above the 32 that the kernel looks at."""
import fcntl
import os
import pty
import termios

from attack import all_tried, say, system_call

EXPECT = {
    "found": {"/dev/tty": "EACCES", "TIOCSTI": "EPERM", "high bits": "EPERM", "TIOCLINUX": "EPERM", "TIOCSETD": "EPERM",
              "a new terminal": "OSError"},
    "free": {"/dev/tty": "ENXIO", "TIOCSTI": "ENOTTY", "high bits": "ENOTTY", "TIOCLINUX": "ENOTTY", "TIOCSETD": "ENOTTY",
             "a new terminal": "ok"},
}
SYS_IOCTL, TIOCLINUX = 16, 0x541C


def azureml_main():
    fd = os.open("/dev/null", os.O_RDWR)
    say(all_tried({
        "/dev/tty": (open, "/dev/tty"), "TIOCSTI": (fcntl.ioctl, fd, termios.TIOCSTI, b"x"),
        "high bits": (system_call, SYS_IOCTL, fd, 1 << 32 | termios.TIOCSTI, b"x"),
        "TIOCLINUX": (fcntl.ioctl, fd, TIOCLINUX, b"x"), "TIOCSETD": (fcntl.ioctl, fd, termios.TIOCSETD, b"x"),
        "a new terminal": (lambda: pty.openpty() and None,),
    }))
