# SPDX-License-Identifier: Apache-2.0
"""M: a table of futexes as large as asked for (Linux 6.17): 500 MB of the kernel's in one call, in no figure of the process."""
from attack import say, system_call, tried

EXPECT = {"found": {"table": "EINVAL", "high bits": "EINVAL", "later options": "EINVAL"},
          "no_control": "a kernel before 6.17 answers the same"}
SYS_PRCTL, PR_FUTEX_HASH, SET_SLOTS, SLOTS = 157, 78, 1, 1 << 10


def azureml_main():
    say({"table": tried(system_call, SYS_PRCTL, PR_FUTEX_HASH, SET_SLOTS, SLOTS, 0, 0),
         "high bits": tried(system_call, SYS_PRCTL, 1 << 32 | PR_FUTEX_HASH, SET_SLOTS, SLOTS, 0, 0),
         "later options": tried(system_call, SYS_PRCTL, 79, 0, 0, 0, 0)})
