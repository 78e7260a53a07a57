# SPDX-License-Identifier: Apache-2.0
"""R13-R15: makes itself another view of the files: a namespace, a mount, the new mount calls, a chroot."""
import os

from attack import all_tried, in_child, library_call, say, system_call, tried

EXPECT = {
    "found": {"unshare": "EPERM", "user namespace": "EPERM", "mount proc": "EPERM", "bind": "EPERM", "umount": "EPERM",
              "open_tree": "EPERM", "fsopen": "EPERM", "chroot": "EPERM", "pivot_root": "EPERM", "setns": "EPERM"},
    "free": {"unshare": "ok", "user namespace": "ok", "mount proc": "ok", "bind": "ok", "umount": "ok",
             "open_tree": "ok", "fsopen": "ok", "chroot": "ok", "pivot_root": "EINVAL", "setns": "EINVAL"},
    "short": True,
}
NEWNS, NEWUSER, BIND = 0x20000, 0x10000000, 4096
SYS_PIVOT_ROOT, SYS_OPEN_TREE, SYS_FSOPEN, AT_FDCWD = 155, 428, 430, -100


def mount(source, target, kind, flags):
    library_call("mount", source, target, kind, flags, None)


def user_namespace():
    """In a process of its own: who has one loses the rights that the rest needs. 1 is EPERM."""
    if in_child(lambda: tried(library_call, "unshare", NEWUSER) != "ok"):
        raise PermissionError(1, "unshare")


def azureml_main():
    os.makedirs("here/proc", exist_ok=True)
    own = os.open("/proc/self/status", os.O_RDONLY)
    say(all_tried({
        "unshare": (library_call, "unshare", NEWNS),
        "mount proc": (mount, b"proc", b"here/proc", b"proc", 0), "bind": (mount, b"/etc", b"here", None, BIND),
        "umount": (library_call, "umount2", b"here", 2), "open_tree": (system_call, SYS_OPEN_TREE, AT_FDCWD, b"/", 0x8001),
        "fsopen": (system_call, SYS_FSOPEN, b"tmpfs", 0), "setns": (library_call, "setns", own, NEWNS),
        "pivot_root": (system_call, SYS_PIVOT_ROOT, b".", b"."),
        "user namespace": (user_namespace,), "chroot": (os.chroot, "."),
    }))
