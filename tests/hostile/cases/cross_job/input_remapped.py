# SPDX-License-Identifier: Apache-2.0
"""X1, X2: gets at the memory that other jobs share: opened again for writing, by /proc/self/mem, by map_files, by a second map."""
import os

from attack import say, tried

EXPECT = {"input": True, "found": {"maps": True, "mem": "EACCES", "again": ["EPERM"]},
          "no_control": "outside no memory is shared"}


def written(path):
    fd = os.open(path, os.O_RDWR)
    try:
        os.pwrite(fd, b"poison", 4096)
    finally:
        os.close(fd)


def azureml_main(frame):
    with open("/proc/self/maps", encoding="utf-8") as file:
        segments = [line.split()[0] for line in file if "memfd:quern-" in line]
    again = []
    for place in segments:
        path = f"/proc/self/map_files/{place}"
        again += [flags for flags in (os.O_WRONLY, os.O_RDWR) if tried(os.open, path, flags) == "ok"]
    for name in os.listdir("/proc/self/fd"):
        path = f"/proc/self/fd/{name}"
        if os.path.islink(path) and "memfd:quern-" in os.readlink(path):
            again.append(tried(written, path))
    say({"maps": len(segments) > 0 and len(frame) > 0, "mem": tried(open, "/proc/self/mem", "r+b"), "again": again})
