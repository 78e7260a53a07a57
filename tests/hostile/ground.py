# SPDX-License-Identifier: Apache-2.0
"""What the world looks like when no job runs, and in what it differs from how it was: the detector of leftovers.

Calling sequence: Ground(house, planted), when all is up and a first job of each kind has run → differences() after each
attack: sentences, none when everything is as before. Runs as who may look at every process.
"""
import collections
import contextlib
import ctypes
import hashlib
import os
import pathlib
import re
import socket
import stat
import time
import zlib

import enter
from doors import PLACE
from fleet.waiting import PATIENCE_SECONDS, SLOWNESS

MEMORY_SLACK = 24 << 20  # of a process's own memory: what an allocator keeps
CLONE_NEWNS = 0x20000
LIBC = ctypes.CDLL(None, use_errno=True)
TIME_WAIT, RECVMSG = "06", "47"
# The store, by the keeper, when it first looks whether it is there; results, which quernd keeps for the next job.
UNCOUNTED = {str(PLACE / "store"), "/memfd:quern-result (deleted)"}
# Without mounts of its own (level minimal) a child's place is a directory of the machine's, with the number of its slot.
SLOT = re.compile(r"(/tmp/quern-\d+/[0-9a-f]{16}/)(\d+)")
PROGRAMS = ("quernd", "quern-keeper", "quern-worker", "quern-codec", "quern-python", "redis-server")


def read(path):
    try:
        return pathlib.Path(path).read_text(errors="replace")
    except OSError:
        return ""


def listed(directory):
    """Its names; none when they may not be seen."""
    try:
        return os.listdir(directory)
    except PermissionError:
        return []


# ---- processes ----

class Process:
    """One of the world: stat and status of /proc/PID. Raises OSError when it is gone."""

    def __init__(self, pid):
        text = pathlib.Path(f"/proc/{pid}/stat").read_text(errors="replace")
        fields = text[text.rindex(")") + 2:].split()
        self.pid, self.name = pid, text[text.index("(") + 1:text.rindex(")")]
        self.state, self.parent, self.threads, self.started = fields[0], int(fields[1]), int(fields[17]), fields[19]
        status = pathlib.Path(f"/proc/{pid}/status").read_text(errors="replace")
        self.uid = int(re.search(r"^Uid:\s+(\d+)", status, re.M)[1])
        memory = re.search(r"^RssAnon:\s+(\d+)", status, re.M)
        self.memory = int(memory[1]) << 10 if memory else 0

    def __str__(self):
        return f"{self.name} (uid {self.uid}, {self.state if self.state == 'Z' else 'alive'})"

    def descriptors(self):
        """What they lead to, without the numbers of inodes, and how many of each. An ordinary user does not see those of a
        process that may not be dumped."""
        found = collections.Counter()
        for name in listed(f"/proc/{self.pid}/fd"):
            try:
                found[re.sub(r"\[\d+\]", "", SLOT.sub(r"\1slot", os.readlink(f"/proc/{self.pid}/fd/{name}")))] += 1
            except OSError:
                continue
        return collections.Counter({what: count for what, count in found.items() if what not in UNCOUNTED})

    def waits(self):
        """Whether it stands in recvmsg(2), as a child that waits for its job does; also when that may not be seen."""
        try:
            return self.state == "S" and pathlib.Path(f"/proc/{self.pid}/syscall").read_text().split()[0] == RECVMSG
        except PermissionError:
            return True
        except (FileNotFoundError, ProcessLookupError):
            return False

    def treatment(self):
        """What others could have done to a process that only waits."""
        return (f"waits: {self.waits()}, threads: {self.threads}, descriptors: {sorted(self.descriptors().items())}, "
                f"processors: {os.sched_getaffinity(self.pid)}, priority: {os.getpriority(os.PRIO_PROCESS, self.pid)}, limits: "
                f"{zlib.crc32(read(f'/proc/{self.pid}/limits').encode()):x}")

    def namespaces(self):
        return {os.readlink(f"/proc/{self.pid}/ns/{kind}") for kind in listed(f"/proc/{self.pid}/ns")}


def processes():
    """All but the world's first one, this one and those between."""
    own, found = {1, os.getpid(), os.getppid()}, []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) not in own:
            try:
                found.append(Process(int(name)))
            except OSError:
                continue
    return found


# ---- what is in the namespace of another process ----

def within(pid, spaces, what):
    """What a function gives in namespaces of that process, as text."""
    out, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            join(pid, spaces)
            answer = repr(what())
        except OSError as error:
            answer = f"cannot be looked at: {error}"
        os.write(write_end, answer.encode())
        os._exit(0)
    os.close(write_end)
    with open(out, "rb") as file:
        answer = file.read().decode()
    os.waitpid(child, 0)
    return answer


def join(pid, spaces):
    for space in spaces:
        fd = os.open(f"/proc/{pid}/ns/{space}", os.O_RDONLY)
        enter.check(LIBC.setns(fd, 0), f"joining {space} of {pid}")
        os.close(fd)


def ipc_objects():
    """Of the caller's IPC namespace: System V memory, semaphores and queues, POSIX queues."""
    tables = [line.split()[:4] for kind in ("shm", "sem", "msg") for line in read(f"/proc/sysvipc/{kind}").splitlines()[1:]]
    enter.check(LIBC.unshare(CLONE_NEWNS), "a mount namespace")
    enter.mount("none", "/", "", 0x44000)  # private, with all below
    enter.mount("mqueue", "/dev/shm", "mqueue")
    return tables, sorted(os.listdir("/dev/shm"))


def listening():
    """Sockets of the caller's network namespace that have a name or wait for others."""
    unix = [line.split()[-1] for line in read("/proc/thread-self/net/unix").splitlines()[1:] if len(line.split()) > 7]
    inet = [line.split()[1] for kind in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6")
            for line in read(f"/proc/thread-self/net/{kind}").splitlines()[1:] if line.split()[3] != TIME_WAIT]
    return sorted(set(unix)), sorted(inet)


# ---- files ----

def files():
    """Path → kind, mode and owner, in the places for temporary files; what a store is made to keep is not listed."""
    found = {}
    for top in enter.FRESH:
        for directory, below, names in os.walk(top):
            if directory == str(PLACE / "store" / "objects"):
                names = [name for name in names if not re.fullmatch(r"sha256-[0-9a-f]{64}(\.[a-z]+)?", name)]
            for name in below + names:
                path = os.path.join(directory, name)
                if path == str(PLACE / "store" / "collected"):  # the keeper's, once it has collected
                    continue
                status = os.lstat(path)
                found[path] = (stat.filemode(status.st_mode), status.st_uid)
    return slots_counted(found)


def slots_counted(found):
    """Children that stand by change, and so do the numbers of their slots: what counts is how many there are, and what is there."""
    slots = sorted({(match[1], int(match[2])) for match in map(SLOT.match, found) if match})
    return {SLOT.sub(lambda match: f"{match[1]}slot {slots.index((match[1], int(match[2])))}", path): value
            for path, value in found.items()}


def hash_of(top):
    """Of all names, modes and bytes below a directory, these by a sum that is cheap also where it is computed by qemu."""
    whole = hashlib.sha256()
    for path in sorted(pathlib.Path(top).rglob("*")):
        status = path.lstat()
        whole.update(f"{path} {status.st_mode} {status.st_uid} {status.st_mtime_ns}\n".encode())
        if path.is_file() and not path.is_symlink():
            whole.update(zlib.crc32(path.read_bytes()).to_bytes(4, "big"))
    return whole.hexdigest()


# ---- the whole ----

class Ground:
    def __init__(self, house, planted):
        self.house, self.planted = house, planted
        self.base = self.settled()

    def settled(self):
        """A look that is the same twice."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        last, look = None, self.look()
        while last is None or self.compare(last, look) or not self.all_stand_by():
            assert time.monotonic() < deadline, f"the world does not come to rest: {self.compare(last, look)}"
            time.sleep(0.05)
            last, look = look, self.look()
        return look

    def is_daemon(self, process):
        """One that stays, unlike the children that wait for a job, of which there are as many as before, but others."""
        return process.name in PROGRAMS and process.parent in (os.getpid(), self.house.quernd.pid) and process.state != "Z"

    def zygotes(self):
        return [process.pid for process in processes() if process.name == "quern-python" and self.is_daemon(process)]

    def standby(self):
        """Zygote → its children. When no job runs, all of them wait for one: as many as quernd told it to keep."""
        everybody = processes()
        return {pid: [child for child in everybody if child.parent == pid and child.name == "quern-python" and child.state != "Z"]
                for pid in self.zygotes()}

    def all_stand_by(self):
        """The numbers of all children when they do; otherwise none."""
        found = self.standby()
        for pid, children in found.items():
            told = re.search(r"--standby=(\d+)", read(f"/proc/{pid}/cmdline"))
            if not told or len(children) != int(told[1]) or not all(child.waits() for child in children):
                return set()
        return {child.pid for children in found.values() for child in children}

    def label(self, process):
        waits = process.name in ("quern-python", "quern-init") and not self.is_daemon(process)
        return f"{process.name}, a child" if waits and process.state != "Z" else str(process)

    def look(self):
        """Once more when a process ended under the eyes of who looked."""
        while True:
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                return self.look_once()

    def look_once(self):
        """{aspect: value}: compared for equality; those named (aspect, "at most") are upper bounds."""
        found, everybody = {}, processes()
        found["processes"] = collections.Counter(map(self.label, everybody))
        found["namespaces"] = len(set().union(*[process.namespaces() for process in everybody if process.state != "Z"]))
        for process in everybody:
            if self.is_daemon(process):
                who = f"{process.name} {process.pid}"
                found[f"{who}, started"] = process.started
                found[f"{who}, threads"] = process.threads
                found[f"{who}, descriptors"] = process.descriptors()
                found[f"{who}, mounts"] = read(f"/proc/{process.pid}/mountinfo")
                found[f"{who}, memory", "at most"] = process.memory
        for pid, children in self.standby().items():
            found[f"children of {pid}"] = collections.Counter(child.treatment() for child in children)
            found[f"children of {pid}, memory", "at most"] = max((child.memory for child in children), default=0)
        found |= self.look_into_zygotes() | self.look_around()
        return found

    def look_into_zygotes(self):
        found = {}
        for pid in self.zygotes():
            found[f"IPC objects of zygote {pid}"] = within(pid, ["ipc"], ipc_objects)
            found[f"sockets of zygote {pid}"] = within(pid, ["net"], listening)
        return found

    def look_around(self):
        return {"files": files(), "mounts": read("/proc/self/mountinfo"), "keys": self.keys_of_users(),
                "IPC objects": within(os.getpid(), [], ipc_objects), "sockets": listening(),
                "Redis keys": self.lasting_keys(), "Redis users": self.house.redis("ACL", "LIST"),
                "Redis settings": self.house.redis("CONFIG", "GET", "*"),
                "programs": hash_of(PLACE / "bin"), "environment": hash_of(PLACE / "venv"),
                "settings": hash_of(PLACE / "config"), "host name": socket.gethostname()}

    def lasting_keys(self):
        """Without those that Redis removes by itself (schemas/queue.md: done:NONCE), and without what the queue keeps of a machine
        that stood still for three seconds (grace)."""
        redis = self.house.redis
        return sorted(key for key in redis("KEYS", "*") if not key.endswith(b"}:grace") and
                      (b"}:done:" not in key or redis("TTL", key) == -1))

    @staticmethod
    def keys_of_users():
        """uid → keys in kernel keyrings, of those who have more than the two keyrings that come and stay by themselves."""
        counts = {line.split(":")[0].strip(): line.split()[2] for line in read("/proc/key-users").splitlines()}
        return {uid: count for uid, count in counts.items() if count != "2/2"}

    @staticmethod
    def compare(base, look):
        """Sentences on what differs."""
        found = []
        for aspect in base.keys() | look.keys():
            was, now = base.get(aspect), look.get(aspect)
            if isinstance(aspect, tuple):
                if was is None or now is None or now > was + MEMORY_SLACK:
                    found.append(f"{aspect[0]}: {was and was >> 20} MiB, and then {now and now >> 20} MiB")
            elif was != now:
                found.append(f"{aspect}: {difference(was, now)}")
        return sorted(found)

    def differences(self, seconds=PATIENCE_SECONDS / SLOWNESS):
        """What is not as it was, when it had time to become so again: nothing of it has to be computed."""
        deadline = time.monotonic() + seconds
        while True:
            found = self.compare(self.base, self.look())
            if not found or time.monotonic() > deadline:
                return found + self.planted.changed() + [f"a visitor: {who}" for who in self.planted.visitors()]
            time.sleep(0.02)


def difference(was, now):
    """Short: what went and what came."""
    if isinstance(was, collections.Counter) and isinstance(now, collections.Counter):
        return f"without {dict(was - now)}, with {dict(now - was)}"
    if isinstance(was, dict) and isinstance(now, dict):
        gone = {key: value for key, value in was.items() if now.get(key) != value}
        come = {key: value for key, value in now.items() if was.get(key) != value}
        return f"without {gone}, with {come}"
    if isinstance(was, str) and isinstance(now, str):
        lines = set(was.splitlines()), set(now.splitlines())
        return f"without {sorted(lines[0] - lines[1])}, with {sorted(lines[1] - lines[0])}"
    return f"{was!r} was, {now!r} is"
