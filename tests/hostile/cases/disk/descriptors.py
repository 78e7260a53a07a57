# SPDX-License-Identifier: Apache-2.0
"""D1: uses up descriptors: files, memory files, epoll sets in epoll sets."""
import os
import select

from attack import say, tried

EXPECT = {"found": {"files": "EMFILE", "bounded": True, "nested": "ELOOP"}, "free": {"files": "EMFILE", "bounded": True, "nested": "ELOOP"}}


def fill(kept):
    while True:
        kept.append(os.open("/dev/null", os.O_RDONLY))


def nested():
    sets = [select.epoll() for _ in range(20)]
    for outer, inner in zip(sets, sets[1:]):
        inner.register(outer.fileno())


def azureml_main():
    kept = []
    found = {"nested": tried(nested), "files": tried(fill, kept), "bounded": len(kept) <= 1024}
    for fd in kept:
        os.close(fd)
    say(found)
