# SPDX-License-Identifier: Apache-2.0
"""M11: locks memory, so that it cannot be given to others."""
import ctypes

from attack import all_tried, library_call, say

EXPECT = {"found": {"mlock": "EPERM", "mlockall": "EPERM", "huge pages": "ENOSYS", "huge mapping": "EPERM", "secret": "ENOSYS"},
          "free": {"mlock": "ok", "mlockall": "ENOMEM", "huge pages": "ok", "huge mapping": "ENOMEM", "secret": "ok"}}
MFD_HUGETLB, MAP_HUGETLB_PRIVATE, SYS_MEMFD_SECRET = 4, 0x40022, 447


def azureml_main():
    memory = ctypes.create_string_buffer(1 << 20)
    say(all_tried({"mlock": (library_call, "mlock", memory, 1 << 20), "mlockall": (library_call, "mlockall", 1),
                   "huge pages": (library_call, "memfd_create", b"x", MFD_HUGETLB),
                   "huge mapping": (library_call, "mmap", 0, 1 << 21, 1, MAP_HUGETLB_PRIVATE, -1, 0),
                   "secret": (library_call, "syscall", SYS_MEMFD_SECRET, 0)}))
