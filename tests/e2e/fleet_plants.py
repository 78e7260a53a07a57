# SPDX-License-Identifier: Apache-2.0
"""What looks for leftovers finds them: leftovers of every sort, planted. And what a store is left with."""
import contextlib
import hashlib
import json
import os
import signal
import subprocess

from fleet import eventually


@contextlib.contextmanager
def process(arena):
    child = subprocess.Popen(["sleep", "1000"])
    yield "process sleep"
    child.kill()
    child.wait()


@contextlib.contextmanager
def zombie(arena):
    """Of a host: nobody reaps it."""
    child = subprocess.Popen(["sh", "-c", "sleep 0 & exec sleep 1000"])
    yield "process zombie of sleep"
    child.kill()
    child.wait()


@contextlib.contextmanager
def mount(arena):
    subprocess.run(["mount", "-t", "tmpfs", "planted", "/var/tmp"], check=True)
    yield "mount"
    subprocess.run(["umount", "/var/tmp"], check=True)


@contextlib.contextmanager
def mount_of_a_host(arena):
    """In the namespace of its zygote, which lives on."""
    zygote = arena.first.child("quern-python")
    enter = ["nsenter", f"--mount=/proc/{zygote}/ns/mnt"]
    subprocess.run([*enter, "mount", "--bind", "/tmp", "/tmp"], check=True)
    yield "mount in quern-python"
    subprocess.run([*enter, "umount", "/tmp"], check=True)


@contextlib.contextmanager
def file(arena):
    path = arena.fleet.directory / "spool"
    path.touch()
    yield f"file {path}"
    path.unlink()


@contextlib.contextmanager
def staged(arena):
    path = arena.fleet.store / "objects/.quern-tmp-0"
    path.touch()
    yield "in the store: .quern-tmp-0"
    path.unlink()


@contextlib.contextmanager
def held(code, told):
    """A process that has what the code makes."""
    child = subprocess.Popen(["python3", "-c", f"import os, mmap, signal\n{code}\nprint(flush=True)\nsignal.pause()"],
                             stdout=subprocess.PIPE)
    child.stdout.readline()
    yield told
    child.kill()
    child.wait()
    child.stdout.close()


def open_memory(arena):
    return held("os.memfd_create('quern-segment')", "memory quern-segment of ['python3.11']")


def mapped_memory(arena):
    return held("fd = os.memfd_create('quern-segment')\nos.truncate(fd, 4096)\nheld = mmap.mmap(fd, 4096)\nos.close(fd)",
                "memory quern-segment of ['python3.11']")


@contextlib.contextmanager
def pinned(arena):
    """A worker that stands still with a segment of its host."""
    arena.first.fail("stop@run:told")
    job = arena.submit()
    host = eventually(lambda: next((one for one in arena.fleet.hosts if one.stopped("quern-worker")), None))
    yield "memory quern-"
    os.kill(host.stopped("quern-worker")[0], signal.SIGCONT)
    assert arena.fleet.wait(job) == "succeeded"


PLANTS = (process, zombie, file, staged, open_memory, mapped_memory, pinned)
OF_ROOT = (mount, mount_of_a_host)


def all_are_found(arena):
    """Each is told while it is there, and not any more when it is gone."""
    assert arena.traces.left() == []
    plants = PLANTS + (OF_ROOT if arena.world.private else ())
    for plant in plants:
        with plant(arena) as told:
            found = arena.traces.left(1)
            assert any(told in one for one in found), (plant.__name__, told, found)
        left = arena.traces.left()
        assert left == [], (plant.__name__, left)
    print(f"leftovers of {len(plants)} sorts were planted and found", flush=True)


def unwanted(fleet):
    """What a collection leaves in the store beyond what names and jobs want: sentences."""
    objects = fleet.store / "objects"
    for path in objects.iterdir():
        os.utime(path, (1, 1))
    fleet.says("dataset", "collect")
    wanted = set(fleet.names().values())
    for job in fleet.redis("ZRANGE", fleet.key("numbers"), 0, -1):
        document = json.loads(fleet.redis("GET", fleet.key("spec", job.decode())))
        wanted |= {one["version"] for one in [document["script"], *document["inputs"]]}
    there = {path.name for path in objects.iterdir()}
    torn = [name for name in there if name.partition(".")[0] != "sha256-" + hashlib.sha256((objects / name).read_bytes()).hexdigest()]
    return ([f"stored and wanted by nobody: {name}" for name in there - wanted] +
            [f"not stored: {name}" for name in wanted - there] + [f"torn: {name}" for name in torn])
