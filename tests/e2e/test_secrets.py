# SPDX-License-Identifier: Apache-2.0
"""The passwords of Redis and the key that signs jobs are in no process that forks children or parses foreign bytes, in none of
the children, and in no core of theirs."""
import contextlib
import os
import re
import resource
import signal
import subprocess

import pytest

from fleet import Fleet, Server, eventually
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
                         store={"password_file": files[0]}, environments={"standby": 2}).ready(), fleet
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


def working(host, fleet):
    """A job that stays in its script, its process, and its work directory."""
    job = fleet.submit(LOOK, "--dataframe1", "file:" + str(fleet.directory / "table.csv"), "-o", "again")
    child = eventually(lambda: [one.pid for one in host.processes("quern-python") if os.path.exists(f"/proc/{one.pid}/cwd/ready")],
                       "it has looked")[0]
    return job, child, os.open(f"/proc/{child}/cwd", os.O_RDONLY | os.O_DIRECTORY)


def test_f_no_process_that_forks_children_has_a_secret_and_no_child_has(host):
    if os.geteuid() != 0:
        return  # nobody else may look; the jobs of the corpus search from within
    host, fleet = host
    job, child, place = working(host, fleet)
    eventually(lambda: len(host.processes("quern-python")) >= 4, "zygote, child and two standby children")
    found = {(one.exe, has_secret(one.pid)) for one in host.processes()
             if re.match("quern-(python|codec|init|worker)|memfd", one.exe)}
    assert has_secret(fleet.store_server.process.pid) and has_secret(os.getpid())  # the search finds what there is
    assert {exe for exe, has in found if has} <= {"quern-worker"}  # it reads the files whenever it needs them
    assert {"quern-python", "quern-codec"} <= {exe for exe, has in found}
    assert not has_secret(child) and not has_secret(host.process.pid)
    with open(os.open("ready", os.O_RDONLY, dir_fd=place), "rb") as file:
        seen = file.read()
    assert b"/status" in seen and b"/proc/net/" in seen and not any(secret in seen for secret in SECRETS)
    os.unlink("ready", dir_fd=place)
    os.close(place)
    assert fleet.wait(job) == "succeeded"


def core_limit(pid):
    line, = re.findall(r"^Max core file size +(\S+) +(\S+)", open(f"/proc/{pid}/limits").read(), re.M)
    return line


def test_f_a_child_leaves_no_core_also_where_its_limit_is_lifted_from_outside(host, tmp_path):
    """The kernel writes `core` into the directory where a process dies, or into a pipe: the control finds what it does."""
    if os.geteuid() != 0:
        return
    host, fleet = host
    job, child, place = working(host, fleet)
    assert core_limit(child) in {("1", "1"), ("0", "0")}  # the latter where its host has no more to give
    lifted = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    with contextlib.suppress(PermissionError):  # without CAP_SYS_RESOURCE root cannot lift it either
        resource.prlimit(child, resource.RLIMIT_CORE, lifted)
    control = subprocess.Popen(["sleep", "600"], cwd=tmp_path, env={"SECRET": STORE})
    resource.prlimit(control.pid, resource.RLIMIT_CORE, lifted)
    os.kill(control.pid, signal.SIGSEGV)
    _, status = os.waitpid(control.pid, 0)
    control.returncode = -signal.SIGSEGV
    assert os.WCOREDUMP(status)
    if os.path.exists(tmp_path / "core"):
        assert STORE.encode() in (tmp_path / "core").read_bytes()
    os.kill(child, signal.SIGSEGV)
    assert fleet.in_state(job, "failed")["reason"] == "signal:SIGSEGV"
    assert [name for name in os.listdir(place) if "core" in name] == []
    os.close(place)


def test_f_every_codec_has_no_core_and_the_zygote_no_place_for_one(host):
    host, _ = host
    for one in host.processes("quern-codec"):
        assert core_limit(one.pid)[0] == "0", one
    for one in host.processes("quern-python"):
        status = os.statvfs(f"/proc/{one.pid}/cwd")
        assert core_limit(one.pid)[0] in {"0", "1"} or status.f_flag & os.ST_RDONLY, one
