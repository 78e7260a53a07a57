# SPDX-License-Identifier: Apache-2.0
"""The passwords of Redis and the key that signs jobs are in no process longer than it takes to say them to Redis, or to sign: not in
one that forks children, in none of the children, and in no core."""
import contextlib
import os
import re
import resource
import signal
import subprocess

import pytest

from fleet import PATIENCE_SECONDS, Fleet, Server, eventually
from fleet.processes import Process, below
from fleet.rights import Guarded

STORE, QUEUE, KEY = "planted-4f1c9e77", "planted-a1b2c3d4", "feedc0de" * 8
SECRETS = [STORE.encode(), QUEUE.encode(), KEY.encode(), bytes.fromhex(KEY)]
# Leaves all that it may read of /proc, and stays to be looked at.
LOOK = """
import glob, os, time
def azureml_main(dataframe1):
    with open("seen", "wb") as seen:
        for name in glob.glob("/proc/[0-9]*/*") + glob.glob("/proc/[0-9]*/fdinfo/*") + glob.glob("/proc/*") + glob.glob("/proc/net/*"):
            try:
                fd = os.open(name, os.O_RDONLY | os.O_NONBLOCK)
                seen.write(name.encode() + os.read(fd, 1 << 20))
                os.close(fd)
            except OSError:
                pass
    os.rename("seen", "ready")
    while os.path.exists("ready"):
        time.sleep(0.01)
    return dataframe1,
"""


def plant(fleet, name, text):
    path = fleet.directory / name
    path.write_text(text + "\n")
    path.chmod(0o600)
    return path


@pytest.fixture(scope="module")
def host():
    """A host with all secrets there are, each from a file: of a store, of a queue by its ACL user, of jobs."""
    store, queue = Server("--requirepass", STORE), Guarded(QUEUE)
    with Fleet(environments=None, server=queue) as fleet:
        fleet.store_server, fleet.store_url = store, store.store_url
        fleet.set_home("default")
        files = [plant(fleet, name, text) for name, text in (("store", STORE), ("queue", QUEUE), ("key", KEY))]
        fleet.environment |= dict(zip(("QUERN_STORE_PASSWORD_FILE", "QUERN_REDIS_PASSWORD_FILE", "QUERN_KEY_FILE"), map(str, files)))
        fleet.environment["QUERN_REDIS_URL"] = queue.url_of("quern")
        (fleet.directory / "table.csv").write_text("a\n1\n")
        yield fleet.host(queue={"url": queue.url_of("quern"), "password_file": files[1], "key_file": files[2]},
                         store={"password_file": files[0]}, environments={"standby": 2},
                         around=["env", "-C", fleet.directory]).ready(), fleet
    store.close()


def memory(pid):
    """All that can be read of a process, as root may: its private and shared mappings; what a core file would have."""
    pieces = []
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as file:
        for line in maps:
            first, last = (int(part, 16) for part in line.split()[0].split("-"))
            try:
                file.seek(first)
                pieces.append(file.read(last - first))
            except (OSError, ValueError, OverflowError):
                continue  # [vvar], [vsyscall] and what is mapped without the right to read
    return b"".join(pieces)


def has_secret(pid):
    texts = [open(f"/proc/{pid}/{name}", "rb").read() for name in ("environ", "cmdline")]
    return any(secret in text for text in (*texts, memory(pid)) for secret in SECRETS)


def looking(processes):
    """The process of a job that stays in its script, and its work directory."""
    child = eventually(lambda: [one.pid for one in processes() if os.path.exists(f"/proc/{one.pid}/cwd/ready")], "it has looked")[0]
    return child, os.open(f"/proc/{child}/cwd", os.O_RDONLY | os.O_DIRECTORY)


def working(host, fleet):
    job = fleet.submit(LOOK, "--dataframe1", "file:" + str(fleet.directory / "table.csv"), "-o", "again")
    return job, *looking(lambda: host.processes("quern-python"))


@pytest.mark.as_root
def test_f_no_process_that_forks_children_has_a_secret_and_no_child_has(host):
    host, fleet = host
    job, child, place = working(host, fleet)
    eventually(lambda: len(host.processes("quern-python")) >= 4, "zygote, child and two standby children")
    found = {(one.exe, has_secret(one.pid)) for one in host.processes()}
    assert has_secret(fleet.store_server.process.pid) and has_secret(os.getpid())  # the search finds what there is
    assert {exe for exe, has in found if has} == set()  # worker and keeper read the files when they connect, and wipe
    assert {"quern-python", "quern-codec", "quern-worker", "quern-keeper"} <= {exe for exe, has in found}
    assert not has_secret(child) and not has_secret(host.process.pid)
    with open(os.open("ready", os.O_RDONLY, dir_fd=place), "rb") as file:
        seen = file.read()
    assert b"/status" in seen and b"/proc/net/" in seen and not any(secret in seen for secret in SECRETS)
    os.unlink("ready", dir_fd=place)
    os.close(place)
    assert fleet.wait(job) == "succeeded"


@pytest.mark.as_root
def test_f_quern_run_has_wiped_what_it_connected_with_before_it_forks(host):
    """It looks its keys up in the queue's catalogue itself, and is the supervisor of what runs its script."""
    _, fleet = host
    fleet.says("dataset", "put", "table.csv", "kept")
    with fleet.start("run", fleet.script(LOOK), "--dataframe1", "kept") as run:
        child, place = looking(lambda: below(run.pid))
        found = {(one.exe, has_secret(one.pid)) for one in [Process(run.pid), *below(run.pid)]}
        assert {"quern", "quern-worker", "quern-python", "quern-codec"} <= {exe for exe, has in found}
        assert {exe for exe, has in found if has} == set()
        assert core_limit(run.pid) in NO_CORE
        os.unlink("ready", dir_fd=place)
        os.close(place)
        assert run.wait(PATIENCE_SECONDS) == 0


NO_CORE = {("1", "1"), ("0", "0")}  # the latter where its host has no more to give


def core_limit(pid):
    line, = re.findall(r"^Max core file size +(\S+) +(\S+)", open(f"/proc/{pid}/limits").read(), re.M)
    return line


def lift(pid):
    with contextlib.suppress(PermissionError):  # without CAP_SYS_RESOURCE root cannot lift it either
        resource.prlimit(pid, resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def dump_control(directory):
    control = subprocess.Popen(["sleep", "600"], cwd=directory, env={"SECRET": STORE})
    lift(control.pid)
    os.kill(control.pid, signal.SIGSEGV)
    _, status = os.waitpid(control.pid, 0)
    control.returncode = -signal.SIGSEGV
    assert os.WCOREDUMP(status)
    for name in cores(directory):
        assert STORE.encode() in (directory / name).read_bytes()
        (directory / name).unlink()


def cores(directory):
    return [name for name in os.listdir(directory) if name.startswith("core")]


@pytest.mark.parametrize("program", ["quern-worker", "quern-keeper"])
def test_f_who_reads_a_password_is_closed(host, program):
    """The kernel gives a closed process's files in /proc to root."""
    pid = host[0].ready().child(program)
    assert core_limit(pid) in NO_CORE
    assert (os.stat(f"/proc/{pid}/environ").st_uid, os.stat("/proc/self/environ").st_uid) == (0, os.geteuid())


@pytest.mark.as_root
@pytest.mark.parametrize("program", ["quern-worker", "quern-keeper"])
def test_f_who_reads_a_password_leaves_no_core_also_where_its_limit_is_lifted_from_outside(host, program):
    host, fleet = host
    pid = host.ready().child(program)
    assert os.path.samefile(f"/proc/{pid}/cwd", fleet.directory)
    dump_control(fleet.directory)
    lift(pid)
    os.kill(pid, signal.SIGSEGV)
    eventually(lambda: [other for other in host.children(program) if other != pid], "another one")
    assert cores(fleet.directory) == []
    host.ready()


@pytest.mark.as_root
def test_f_a_child_leaves_no_core_also_where_its_limit_is_lifted_from_outside(host, tmp_path):
    """The kernel writes `core` into the directory where a process dies, or into a pipe: the control finds what it does."""
    host, fleet = host
    job, child, place = working(host, fleet)
    assert core_limit(child) in NO_CORE
    lift(child)
    dump_control(tmp_path)
    os.kill(child, signal.SIGSEGV)
    assert fleet.in_state(job, "failed")["reason"] == "signal:SIGSEGV"
    assert cores(place) == []
    os.close(place)


def test_f_every_codec_has_no_core_and_the_zygote_no_place_for_one(host):
    host, _ = host
    for one in host.processes("quern-codec"):
        assert core_limit(one.pid)[0] == "0", one
    for one in host.processes("quern-python"):
        status = os.statvfs(f"/proc/{one.pid}/cwd")
        assert core_limit(one.pid)[0] in {"0", "1"} or status.f_flag & os.ST_RDONLY, one
