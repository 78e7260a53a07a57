# SPDX-License-Identifier: Apache-2.0
"""A way to a redis-server that the test can make slow, or cut."""
import heapq
import os
import selectors
import socket
import threading
import time

PIECE = 1 << 16


class Proxy:
    """Stands before a server's unix socket at `path`, with a `url` of its own. Every piece of a reply is late by `delay`
    seconds; after cut() nobody comes through until join()."""

    def __init__(self, server, name):
        self.server, self.delay, self.whole = server, 0, True
        self.path = server.directory / f"{name}.s"
        self.url = f"unix:{self.path}"
        self.pairs, self.held = {}, []  # socket -> its other end; (due, number, socket, bytes)
        self.selector, self.number = selectors.DefaultSelector(), 0
        self.wake, self.bell = os.pipe()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen()
        for one in (self.listener, self.wake):
            self.selector.register(one, selectors.EVENT_READ)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def cut(self):
        self.whole = False
        os.write(self.bell, b".")

    def join(self):
        self.whole = True

    def close(self):
        self.whole = None
        os.write(self.bell, b".")
        self.thread.join()
        for one in (self.listener, self.selector):
            one.close()
        os.close(self.wake)
        os.close(self.bell)
        self.path.unlink()

    # ---- the thread ----

    def run(self):
        while self.whole is not None:
            due = self.held[0][0] - time.monotonic() if self.held else None
            for key, _ in self.selector.select(due if due is None else max(due, 0)):
                if key.fileobj is self.listener:
                    self.accept()
                elif key.fileobj == self.wake:
                    os.read(self.wake, 1)
                elif key.fileobj in self.pairs:
                    self.take(key.fileobj)
            while self.held and self.held[0][0] <= time.monotonic():
                self.give(*heapq.heappop(self.held)[2:])
            if not self.whole:
                for one in list(self.pairs):
                    self.drop(one)

    def accept(self):
        client, server = self.listener.accept()[0], socket.socket(socket.AF_UNIX)
        try:
            assert self.whole
            server.connect(str(self.server.path))
        except (AssertionError, OSError):
            client.close()
            server.close()
            return
        for one, other in ((client, server), (server, client)):
            self.pairs[one] = other
            self.selector.register(one, selectors.EVENT_READ, one is server)

    def take(self, one):
        try:
            piece = one.recv(PIECE)
        except OSError:
            piece = b""
        if not piece:
            self.drop(one)
            return
        late = self.delay if self.selector.get_key(one).data else 0
        self.number += 1
        heapq.heappush(self.held, (time.monotonic() + late, self.number, self.pairs[one], piece))

    def give(self, one, piece):
        try:
            if one in self.pairs:
                one.sendall(piece)
        except OSError:
            self.drop(one)

    def drop(self, one):
        for end in (one, self.pairs.get(one)):
            if self.pairs.pop(end, None):
                self.selector.unregister(end)
                end.close()
