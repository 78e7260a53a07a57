# SPDX-License-Identifier: Apache-2.0
"""T7: a time namespace of its own, with another uptime; suspends the machine."""
from attack import all_tried, library_call, say

EXPECT = {
    "found": {"namespace": "EPERM", "suspend": "EROFS", "reboot": "EPERM"},
    "minimal": {"found": {"namespace": "EPERM", "suspend": "EACCES", "reboot": "EPERM"}},
    "free": {"namespace": "ok", "suspend": "EACCES", "reboot": "EINVAL"},
}
CLONE_NEWTIME, RB_DISABLE_CAD = 0x80, 0


def suspend():
    with open("/sys/power/state", "w", encoding="ascii") as file:
        file.write("nothing")


def azureml_main():
    say(all_tried({"namespace": (library_call, "unshare", CLONE_NEWTIME), "suspend": (suspend,),
                   "reboot": (library_call, "reboot", 0x12345678)}))
