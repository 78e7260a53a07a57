# SPDX-License-Identifier: Apache-2.0
"""M8: single bytes of a file's pages, which lie in sockets when the file is cut off: 16 MB in each that counts as 0.25."""
import os
import socket

from attack import say, tried

EXPECT = {
    "options": ["--memory", "256M", "--timeout", "60s"],
    "found": {"by splice": "ENOSYS", "by sendfile": "ENOSYS", "bounded": True},
    "free": {"by splice": "ok", "by sendfile": "ok", "bounded": False},
    "cgroup": {"found": None, "reason": "limit:memory",
               "like": "the script's processes took .* MiB of memory, more than their limit of 256 MiB"},
}
PAGE, FILE, AT_ONCE, PAIRS = 4096, 32 << 20, 15, 40
KEPT, SENT = [], []


def fill(send):
    for _ in range(PAIRS):
        KEPT.append(socket.socketpair())
        KEPT[-1][0].setblocking(False)
        with open("pages", "w+b", buffering=0) as file:
            for _ in range(FILE >> 20):
                file.write(b"x" * (1 << 20))
            for place in range(0, FILE - PAGE * AT_ONCE, PAGE * AT_ONCE):
                try:
                    SENT.append(send(KEPT[-1][0].fileno(), file.fileno(), place))
                except BlockingIOError:
                    break
            file.truncate(0)


def by_splice(to, file, place):
    out, into = os.pipe()
    try:
        for page in range(AT_ONCE):
            os.splice(file, into, 1, offset_src=place + page * PAGE)
        return os.splice(out, to, AT_ONCE)
    finally:
        os.close(out)
        os.close(into)


def by_sendfile(to, file, place):
    return os.sendfile(to, file, place, 1)


def azureml_main():
    say({"by splice": tried(fill, by_splice), "by sendfile": tried(fill, by_sendfile), "bounded": sum(SENT) * PAGE < 256 << 20})
