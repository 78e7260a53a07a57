# SPDX-License-Identifier: Apache-2.0
"""M16: huge addresses without memory behind them, touched here and there: tables of pages."""
import mmap

from attack import say, tried

EXPECT = {
    "options": ["--memory", "256M"],
    "found": {"reserved": "ENOMEM"}, "free": {"reserved": "ok"},
}
MAP_NORESERVE, MAP_PRIVATE_ANONYMOUS = 0x4000, 0x22


def azureml_main():
    say({"reserved": tried(lambda: mmap.mmap(-1, 4 << 30, flags=MAP_PRIVATE_ANONYMOUS | MAP_NORESERVE))})
