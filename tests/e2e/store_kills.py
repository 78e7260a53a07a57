#!/usr/bin/env -S /usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Kills `quern dataset put` and `rm` before each system call that changes files: store_kills.py whole|short. What a key has
afterwards is the old dataset or the new one, whole, from one moment on the new one; the next command works. To be run in
a world of its own (world.py)."""
import hashlib
import json
import os
import re
import struct
import subprocess
import sys

import tracer
from arrow_file import FLOAT, Array, Field, File, Scalar
from fleet.waiting import PATIENCE_SECONDS, eventually
from world import World

SHORT = 5  # every so many moments
ROWS = 1000


def dataset(number):
    """An Arrow file with one column of doubles, all of them `number`."""
    values = Array(ROWS, 0, [b"", struct.pack("<d", number) * ROWS])
    return File([Field("x", (FLOAT, {0: Scalar("h", 2)}))]).batch(values).bytes()


class Store:
    """A store in the world and what is seen of it from outside."""

    def __init__(self, world):
        self.world, self.url = world, f"file:{world.place}/store"
        self.quern = world.place / "bin" / "quern"

    def argv(self, *words):
        return [self.quern, "dataset", *words, "--store", self.url]

    def call(self, *words):
        done = subprocess.run(self.argv(*words), cwd=self.world.place, env=self.world.environment, capture_output=True,
                              text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE_SECONDS)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout

    def keys(self):
        """{key: version}; every version is there whole."""
        found = {entry["key"]: entry["version"] for entry in map(json.loads, self.call("ls", "--json").splitlines())}
        for key, version in found.items():
            self.call("get", key, "back.arrow")
            back = (self.world.place / "back.arrow").read_bytes()
            assert version == "sha256-" + hashlib.sha256(back).hexdigest(), (key, version)
        return found

    def objects(self):
        """Those that stand under their names, and what else lies there."""
        directory = self.world.place / "store" / "objects"
        names = os.listdir(directory) if directory.exists() else []
        whole = [name for name in names if re.fullmatch("sha256-[0-9a-f]{64}", name)]
        for name in whole:
            bytes_ = (directory / name).read_bytes()
            assert name == "sha256-" + hashlib.sha256(bytes_).hexdigest(), name
        return whole, sorted(set(names) - set(whole))


def version_of(bytes_):
    return "sha256-" + hashlib.sha256(bytes_).hexdigest()


class Case:
    """A command, the store before it, and what the key `k` has before and after."""

    def __init__(self, store, words, old, new, prepare):
        self.store, self.words, self.old, self.new, self.prepare = store, words, old, new, prepare

    def strike(self, at):
        """Kills the command before its change number `at` -> (whether it was killed, what the key has)."""
        store = self.store
        subprocess.run(["rm", "-rf", store.world.place / "store"], check=True)
        self.prepare()
        status, _ = tracer.run(store.argv(*self.words), store.world.place, store.world.environment,
                               lambda number, what: number < at)
        eventually(lambda: not store.world.left(), "the end of all processes")
        assert os.WIFSIGNALED(status) or status == 0, status
        whole, rest = store.objects()
        assert rest == [], rest  # the file system of the world knows nameless files
        seen = store.keys()
        assert set(seen) <= {"k", "other"}, seen
        assert seen.get("other") == (version_of(dataset(0)) if self.old else None), seen
        found = seen.get("k")
        assert found in (self.old, self.new), (self.words, at, found)
        assert not (store.world.place / "store" / "promote.json").exists()
        store.call("put", "c.arrow", "k")
        assert store.keys()["k"] == version_of(dataset(3)), (self.words, at)
        return os.WIFSIGNALED(status), found

    def sweep(self, step):
        """Every `step`th moment up to the end -> (moments, the first one after which the new one is seen)."""
        at, kills, turned = 1, 0, None
        while True:
            killed, found = self.strike(at)
            if not killed:
                assert found == self.new, (self.words, at, found)
                return kills, turned or at
            kills += 1
            if found == self.new and self.new != self.old:
                turned = turned or at
            assert turned is None or found == self.new, f"{self.words}: new before moment {turned}, old before {at}"
            at += step


def cases(store):
    a, b = version_of(dataset(1)), version_of(dataset(2))

    def nothing():
        pass

    def old_one():
        store.call("put", "o.arrow", "other")
        store.call("put", "a.arrow", "k")

    return {"put, first": Case(store, ["put", "b.arrow", "k"], None, b, nothing),
            "put, again": Case(store, ["put", "b.arrow", "k"], a, b, old_one),
            "rm": Case(store, ["rm", "k"], a, None, old_one)}


def order(store):
    """The changes of a put into a store that is there, in the words of schemas/storage.md: nothing has a name before
    its bytes are durable, and what points at it comes after its directory entry is."""
    store.call("put", "a.arrow", "k")
    seen, top = [], f"{store.world.place}/store"

    def note(number, what):
        if what[1].startswith(top):
            word, path = what[0], what[1][len(top):]
            path = re.sub(r"/?#\d+( \(deleted\))?$", " (nameless)", path)
            path = re.sub("sha256-[0-9a-f]+", "VERSION", re.sub(r"\.quern-tmp-[0-9a-f]+", "HIDDEN", path))
            if not seen or seen[-1] != (word, path):
                seen.append((word, path))
        return True

    status, _ = tracer.run(store.argv("put", "b.arrow", "k"), store.world.place, store.world.environment, note)
    assert status == 0, status
    return seen


ORDER = [("create", "/objects/."), ("write", "/objects (nameless)"), ("fsync", "/objects (nameless)"),
         ("link", "/objects/VERSION"), ("fsync", "/objects"),
         ("create", "/lock"), ("create", "/."), ("write", " (nameless)"), ("fsync", " (nameless)"),
         ("link", "/promote.json"), ("fsync", ""),
         ("create", "/names/k/."), ("write", "/names/k (nameless)"), ("fsync", "/names/k (nameless)"),
         ("link", "/names/k/HIDDEN"), ("rename", "/names/k/:name"), ("fsync", "/names/k"),
         ("unlink", "/promote.json"), ("fsync", "")]


def main(which):
    world = World()
    for name, number in [("o", 0), ("a", 1), ("b", 2), ("c", 3)]:
        world.write(f"{name}.arrow", dataset(number))
    store = Store(world)
    seen = [change for change in order(store) if change[0] != "mkdir"]
    assert seen == ORDER, seen
    print("order: fsync before each name, names in order")
    for name, case in cases(store).items():
        kills, turned = case.sweep(1 if which == "whole" else SHORT)
        print(f"{name}: killed at {kills} moments, new from moment {turned} on, 0 halves")


if __name__ == "__main__":
    main(sys.argv[1])
