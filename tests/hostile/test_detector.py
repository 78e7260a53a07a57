# SPDX-License-Identifier: Apache-2.0
"""The detector finds planted leftovers of every sort, and nothing when they are gone."""
import contextlib
import os
import re
import resource
import signal
import socket
import subprocess

import pytest

import enter
from conftest import LEVEL, UID
from doors import PLACE, eventually
from ground import join, read
from planted import LIBC, PATHS, TCP


CHILD_UID = 1879048200 if UID == 0 else UID
KEY_SPEC_USER_KEYRING = -4
SYS_ADD_KEY, SYS_KEYCTL, KEYCTL_CLEAR = 248, 250, 7


def in_process(what, uid=None):
    """Runs it in a process of its own, as that uid."""
    pid = os.fork()
    if pid == 0:
        try:
            if uid is not None and uid != os.geteuid():
                os.setresuid(uid, uid, uid)
            what()
            os._exit(0)
        except BaseException:
            os._exit(1)
    assert os.waitpid(pid, 0)[1] == 0


@contextlib.contextmanager
def a_process(world):
    around = ["setpriv", "--reuid", str(CHILD_UID), "--clear-groups", "--regid", "0"] if os.geteuid() == 0 else []
    process = subprocess.Popen([*around, "sleep", "1000"])
    yield "processes: without {}, with {'sleep"
    process.kill()
    process.wait()


@contextlib.contextmanager
def a_zombie(world):
    process = subprocess.Popen(["true"])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    yield "processes: without {}, with {'true (uid 0, Z)': 1}" if os.geteuid() == 0 else "processes: without {}, with {'true"
    process.wait()


@contextlib.contextmanager
def a_namespace(world):
    process = subprocess.Popen(["unshare", "--uts", "sleep", "1000"])
    yield "namespaces: "
    process.kill()
    process.wait()


@contextlib.contextmanager
def a_connection(world):
    own = socket.socket(socket.AF_UNIX)
    own.connect(str(PLACE / "http"))
    yield "descriptors: without {}, with {'socket:': 1}"
    own.close()


@contextlib.contextmanager
def memory(world):
    world.house.redis("SET", "big", b"x" * (64 << 20))
    yield ", memory: "
    world.house.redis("DEL", "big")
    world.house.redis("MEMORY", "PURGE")


@contextlib.contextmanager
def a_halted_child(world):
    """One that would get the next job."""
    pid = min(world.ground.all_stand_by())
    os.kill(pid, signal.SIGSTOP)
    yield "waits: False, "
    os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def a_child_with_other_limits(world):
    pid = min(world.ground.all_stand_by())
    was = tuple(map(int, re.search(r"Max open files +(\d+) +(\d+)", read(f"/proc/{pid}/limits")).groups()))
    in_process(lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (was[0] - 1, was[1])), UID)
    yield "children of "
    in_process(lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, was), UID)


def a_file_in(directory):
    @contextlib.contextmanager
    def a_file(world):
        path = os.path.join(directory, "left behind")
        os.mkdir(path)
        yield f"files: without {{}}, with {{'{path}': ('drwx"
        os.rmdir(path)
    return a_file


@contextlib.contextmanager
def an_object(world):
    path = PLACE / "store/objects/planted"
    path.touch()
    yield "files: without {}, with {'/tmp/house/store/objects/planted': ('-rw"
    path.unlink()


@contextlib.contextmanager
def a_mount(world):
    place = PATHS["/tmp/planted"] / "everybody"
    enter.mount("tmpfs", str(place), "tmpfs")
    yield "mounts: without [], with ["
    enter.check(LIBC.umount2(str(place).encode(), 0), "umount")


def in_a_zygote(space, make, remove, sentence):
    @contextlib.contextmanager
    def left(world):
        pid = world.ground.zygotes()[0]
        in_process(lambda: (join(pid, space), make()))
        yield sentence.format(pid=pid)
        in_process(lambda: (join(pid, space), remove()))
    return left


def mount_there():
    enter.mount("tmpfs", "/run", "tmpfs")


def unmount_there():
    enter.check(LIBC.umount2(b"/run", 0), "umount")


def make_memory():
    enter.check(LIBC.shmget(77, 4096, 0o1600), "shmget")


def remove_memory():
    enter.check(LIBC.shmctl(LIBC.shmget(77, 0, 0), 0, None), "shmctl")


@contextlib.contextmanager
def shared_memory(world):
    make_memory()
    yield "IPC objects: "
    remove_memory()


@contextlib.contextmanager
def a_message_queue(world):
    enter.check(LIBC.mq_open(b"/left", 0o102, 0o600, None), "mq_open")
    yield "IPC objects: "
    enter.check(LIBC.mq_unlink(b"/left"), "mq_unlink")


@contextlib.contextmanager
def a_named_socket(world):
    own = socket.socket(socket.AF_UNIX)
    own.bind("\0left")
    yield "sockets: "
    own.close()


@contextlib.contextmanager
def a_key(world):
    """In the kernel's keyring of a user."""
    add = lambda: enter.check(LIBC.syscall(SYS_ADD_KEY, b"user", b"left", b"x", 1, KEY_SPEC_USER_KEYRING), "add_key")
    clear = lambda: enter.check(LIBC.syscall(SYS_KEYCTL, KEYCTL_CLEAR, KEY_SPEC_USER_KEYRING), "keyctl")
    in_process(add, UID)
    yield "keys: "
    in_process(clear, UID)


@contextlib.contextmanager
def a_redis_key(world):
    world.house.redis("SET", "quern:{default}:left", "x")
    yield "Redis keys: "
    world.house.redis("DEL", "quern:{default}:left")


@contextlib.contextmanager
def a_redis_user(world):
    world.house.redis("ACL", "SETUSER", "left", "on", "nopass", "+@all")
    yield "Redis users: "
    world.house.redis("ACL", "DELUSER", "left")


@contextlib.contextmanager
def a_redis_setting(world):
    world.house.redis("CONFIG", "SET", "maxmemory", "1000000000")
    yield "Redis settings: "
    world.house.redis("CONFIG", "SET", "maxmemory", "0")


@contextlib.contextmanager
def a_program(world):
    path = PLACE / "bin/quern-codec"
    status = path.stat()
    path.chmod(0o777)
    yield "programs: "
    path.chmod(status.st_mode)


@contextlib.contextmanager
def a_module(world):
    path = next((PLACE / "venv").rglob("site-packages")) / "sitecustomize.py"
    was = path.parent.stat()
    path.write_text("")
    yield "environment: "
    path.unlink()
    os.utime(path.parent, ns=(was.st_atime_ns, was.st_mtime_ns))


@contextlib.contextmanager
def a_host_name(world):
    was = socket.gethostname()
    socket.sethostname("left")
    yield "host name: "
    socket.sethostname(was)


@contextlib.contextmanager
def a_visitor(world):
    socket.create_connection(("127.0.0.1", TCP)).close()
    yield "a visitor: ('0.0.0.0', 9471)"


@contextlib.contextmanager
def a_changed_file(world):
    path = PATHS["/tmp/planted"] / "open"
    was, text = path.stat(), path.read_text()
    path.write_text("changed")
    yield "/tmp/planted/open was changed"
    path.write_text(text)
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))


LEFTOVERS = {
    "process": a_process, "zombie": a_zombie, "namespace": a_namespace, "descriptor": a_connection, "memory": memory,
    "halted child": a_halted_child, "child with other limits": a_child_with_other_limits,
    "file in /tmp": a_file_in("/tmp"), "file in /run": a_file_in("/run"), "file in /dev/shm": a_file_in("/dev/shm"),
    "file in /var/tmp": a_file_in("/var/tmp"), "file in the store": an_object, "mount": a_mount,
    "mount of a zygote": in_a_zygote(["user", "mnt"], mount_there, unmount_there, "quern-python {pid}, mounts: without [], with ["),
    "shared memory": shared_memory, "message queue": a_message_queue,
    "shared memory of a zygote": in_a_zygote(["ipc"], make_memory, remove_memory, "IPC objects of zygote {pid}: "),
    "socket": a_named_socket, "kernel key": a_key, "Redis key": a_redis_key, "Redis user": a_redis_user,
    "Redis setting": a_redis_setting, "program": a_program, "module": a_module, "host name": a_host_name,
    "visitor": a_visitor, "changed file": a_changed_file,
}
if LEVEL == "minimal":  # where a zygote has the mounts of all
    del LEFTOVERS["mount of a zygote"]


@pytest.mark.parametrize("left", [pytest.param(left, id=name) for name, left in LEFTOVERS.items()])
def test_b_a_planted_leftover_is_found(world, left):
    assert world.ground.differences() == []
    with left(world) as sentence:
        eventually(lambda: any(sentence in one for one in world.ground.differences(seconds=0)), sentence)
    assert world.ground.differences() == []


def test_b_a_zygote_that_died_is_found(world):
    """Last: the ground is another one afterwards."""
    pid = world.ground.zygotes()[0]
    os.kill(pid, 9)
    eventually(lambda: any(one.startswith(f"quern-python {pid}, started: ") for one in world.ground.differences(seconds=0)),
               "its death")
    world.answers = {door: world.canary(door) for door in world.doors}
    world.ground = type(world.ground)(world.house, world.planted)
