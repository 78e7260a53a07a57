# SPDX-License-Identifier: Apache-2.0
"""R12: the machine by its devices and its kernel's files."""
import glob
import os

from attack import say, tried

PATHS = ["/dev/mem", "/dev/rtc0", "/dev/kmsg", "/dev/port", "/dev/kvm", "/dev/fuse", "/dev/tty", "/dev/ptmx", "/dev/net/tun",
         "/sys/kernel/notes", "/sys/class/net", "/proc/kallsyms", "/proc/kmsg", "/proc/sysrq-trigger", "/proc/keys"]
EXPECT = {  # the kernel's symbols and its keys have files in every /proc: no addresses and no keys of others stand there
    "found": {"read": ["/proc/kallsyms", "/proc/keys"], "disks": [], "addresses": [0], "keys of others": []},
    "free": {"read": ["/dev/ptmx", "/sys/kernel/notes", "/proc/kallsyms", "/proc/keys"], "disks": [], "addresses": [0],
             "keys of others": []},
}


def addresses():
    with open("/proc/kallsyms", encoding="ascii") as file:
        return sorted({int(line.split()[0], 16) for line in file})[:10]


def keys_of_others():
    with open("/proc/keys", encoding="utf-8") as file:
        return [line for line in file if int(line.split()[5]) not in (os.getuid(), 65534)]


def azureml_main():
    say({"read": [path for path in PATHS if tried(lambda p: open(p, "rb", buffering=0), path) == "ok"],
         "addresses": addresses(), "keys of others": keys_of_others(),
         "disks": [path for path in glob.glob("/dev/[svxhn][dvm]*") if tried(open, path, "rb") == "ok"]})
