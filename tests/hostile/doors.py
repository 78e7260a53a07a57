# SPDX-License-Identifier: Apache-2.0
"""The ways in: `quern submit` to a quernd with a Redis of its own that wants a password, and `quern run`.

Calling sequence: House() → queue_run(), here_run() → close(). All programs run as `uid`, below PLACE.
"""
import contextlib
import datetime
import http.client
import json
import os
import pathlib
import pty
import secrets
import shutil
import socket
import subprocess
import sys
import time
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from fleet.processes import die_with_parent  # noqa: E402  (the path above finds it)
from fleet.redis import Redis  # noqa: E402
from fleet.waiting import PATIENCE_SECONDS, SLOWNESS, eventually  # noqa: E402

PROGRAMS = pathlib.Path(os.environ.get("QUERN_BIN", HERE.parents[1] / "build" / "bin"))
PLACE = pathlib.Path("/tmp/house")
# What comes after it has no right to namespaces, as on a machine that gives none to its users.
NO_NAMESPACES = ("unshare", "--user", "--map-current-user", "--keep-caps", "sh", "-c",
                 'echo 0 >/proc/sys/user/max_user_namespaces && '
                 'exec setpriv --inh-caps=-all --ambient-caps=-all --bounding-set=-all "$@"', "sh")
JOB_SECONDS = 60 * SLOWNESS
GROUP = os.environ.get("QUERN_HOSTILE_CGROUP")  # that was delegated to who runs quernd
COMMON = ("--bundle", PLACE / "attack.zip")
SETTINGS = """
[queue]
url = unix:{place}/redis
password_file = {place}/password
[store]
url = file:{place}/store
[workers]
count = 1
name = host
[environments]
names = default own
directory = {place}/config/quern/environments
[http]
listen = {place}/http
[log]
format = json
level = debug
"""
REDIS = """
port 0
unixsocket {place}/redis
dir {place}/data
save ""
appendonly no
jemalloc-bg-thread no
requirepass {password}
"""


def bounded(options):
    return options if "--timeout" in options else (*options, "--timeout", f"{JOB_SECONDS}s")


def no_constant(name):
    raise ValueError(f"{name} is no JSON")


def once(pairs):
    """An object of JSON; ValueError where a key is there twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(f"a key twice: {pairs}")
    return found


def when(text):
    return datetime.datetime.fromisoformat(text).timestamp()


class Outcome:
    """What became of a job: its record (schemas/manifest.schema.json), streams and files; when it was begun and had ended;
    what a terminal showed of it."""

    def __init__(self, directory, done, times, shown=b""):
        self.done, self.times, self.shown = done, times, shown
        self.files = {path.name: path.read_bytes() for path in sorted(directory.glob("*"))}
        self.record = json.loads(self.files.get("job.json", b"{}"), parse_constant=no_constant, object_pairs_hook=once)
        self.out, self.err = (self.files.get(name, b"").decode(errors="replace") for name in ("stdout.txt", "stderr.txt"))

    def is_of_its_time(self):
        """Whether the record says of its times what who waited saw."""
        if not self.record.get("started"):
            return True
        took = sum(step["ms"] for step in self.record["steps"].values()) / 1000
        return self.times[0] - 1 <= when(self.record["started"]) and when(self.record["started"]) + took <= self.times[1] + 1

    @property
    def found(self):
        lines = self.out.strip().splitlines()
        try:
            return json.loads(lines[-1]) if lines else None
        except ValueError:
            return None


class House:
    """around: programs and arguments that all of ours are started with, after they are that user's."""

    def __init__(self, uid, around=()):
        self.uid, self.password = uid, secrets.token_hex(16)
        self.begun, self.log_bytes = time.time(), 0
        self.around = () if uid == os.geteuid() and uid == 0 else ("setpriv", "--inh-caps=-all", "--ambient-caps=-all")
        if uid != os.geteuid():
            self.around = ("setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups", *self.around[1:])
        self.around += tuple(around)
        self.make_place()
        self.server = self.start("redis-server", PLACE / "redis.conf")
        eventually((PLACE / "redis").exists, "redis-server")
        self.redis = Redis(PLACE / "redis")
        eventually(self.is_let_in, "redis-server")
        self.quernd = self.start(PLACE / "bin/quernd", "--config", PLACE / "quernd.ini", group=GROUP)
        eventually(lambda: self.page("/readyz")[0] == 200, "quernd")

    def is_let_in(self):
        try:
            return self.redis("AUTH", self.password)
        except ConnectionError:
            return False

    def make_place(self):
        PLACE.mkdir()
        shutil.copytree(PROGRAMS, PLACE / "bin", ignore=lambda _, names: [n for n in names if not n.startswith("quern")])
        (PLACE / "data").mkdir()
        (PLACE / "log").touch()
        (PLACE / "password").write_text(self.password + "\n")
        (PLACE / "password").chmod(0o400)
        (PLACE / "redis.conf").write_text(REDIS.format(place=PLACE, password=self.password))
        (PLACE / "redis.conf").chmod(0o400)
        (PLACE / "quernd.ini").write_text(SETTINGS.format(place=PLACE))
        with zipfile.ZipFile(PLACE / "attack.zip", "w") as bundle:
            for shared in ("attack.py", "conversation.py"):
                bundle.write(HERE / shared, shared)
        (PLACE / "table.csv").write_text("a,b\n1,x\n2,y\n3,z\n")
        for path in (PLACE, *PLACE.rglob("*")):
            os.chown(path, self.uid, self.uid)
        self.make_environment()

    def make_environment(self):
        """A Python that belongs to who runs quern, as a data scientist's does."""
        self.run("/usr/bin/python3", "-m", "venv", "--without-pip", "--system-site-packages", PLACE / "venv")
        descriptor = PLACE / "config/quern/environments/own.conf"
        self.run("mkdir", "-p", descriptor.parent)
        descriptor.write_text(f"[environment]\npython = {PLACE}/venv/bin/python\n")
        descriptor.chmod(0o644)

    @property
    def environment(self):
        return {"PATH": "/usr/bin:/bin", "HOME": str(PLACE), "LC_ALL": "C.UTF-8", "XDG_DATA_HOME": f"{PLACE}/xdg",
                "XDG_CONFIG_HOME": f"{PLACE}/config", "XDG_STATE_HOME": f"{PLACE}/state",
                "QUERN_REDIS_URL": f"unix:{PLACE}/redis", "QUERN_REDIS_PASSWORD_FILE": f"{PLACE}/password"}

    def start(self, *command, group=None):
        def first():
            die_with_parent()
            if group:
                pathlib.Path(group, "cgroup.procs").write_text(str(os.getpid()))

        return subprocess.Popen([*self.around, *map(str, command)], env=self.environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=open(PLACE / "log", "a"), cwd=PLACE,
                                preexec_fn=first)

    def run(self, *command, check=True, timeout=PATIENCE_SECONDS):
        done = subprocess.run([*self.around, *map(str, command)], env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, errors="replace", cwd=PLACE, timeout=timeout)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def quern(self, *words, **options):
        return self.run(PLACE / "bin/quern", *words, **options)

    def on_terminal(self, *words):
        """What a terminal gets from `quern`."""
        master, slave = pty.openpty()
        process = subprocess.Popen([*self.around, str(PLACE / "bin/quern"), *map(str, words)], env=self.environment | {"TERM": "xterm"},
                                   stdin=subprocess.DEVNULL, stdout=slave, stderr=slave, cwd=PLACE)
        os.close(slave)
        shown = b""
        with contextlib.suppress(OSError):  # EIO: nobody has the other end any more
            while piece := os.read(master, 1 << 16):
                shown += piece
        os.close(master)
        process.wait(timeout=PATIENCE_SECONDS)
        return shown

    def page(self, path):
        """(status, text) of an HTTP page of the keeper."""
        connection = http.client.HTTPConnection("localhost", timeout=20 * SLOWNESS)
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.sock.connect(str(PLACE / "http"))
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    # ---- the doors: no job runs longer than JOB_SECONDS ----

    def here_run(self, script, *options, shown=False):
        """Through `quern run`; shown: once more on a terminal."""
        words = ("run", script, *COMMON, "-o", PLACE / "out", *bounded(options))
        outcome = self.kept(lambda: self.quern(*words, check=False))
        if shown:
            outcome.shown = self.on_terminal(*words)
            shutil.rmtree(PLACE / "out", ignore_errors=True)
        return outcome

    def queue_run(self, script, *options, shown=False):
        """Through the queue; afterwards the job is forgotten."""
        def run():
            done = self.quern("submit", script, *COMMON, "--wait", *bounded(options), check=False)
            assert done.stdout.strip(), done.stderr
            self.quern("result", done.stdout.strip(), "-o", PLACE / "out", check=False)
            return done

        outcome = self.kept(run)
        job = outcome.done.stdout.strip()
        if shown:
            outcome.shown = b"".join(self.on_terminal(verb, job) for verb in ("logs", "status", "inspect", "wait"))
        self.quern("rm", job)
        return outcome

    def kept(self, run):
        begun = time.time()
        done = run()
        outcome = Outcome(PLACE / "out", done, (begun, time.time()))
        shutil.rmtree(PLACE / "out", ignore_errors=True)
        return outcome

    def strange_lines(self):
        """Of the log since the last time, those that quernd did not write: no JSON, or of another time."""
        with open(PLACE / "log", "rb") as file:
            file.seek(self.log_bytes)
            lines = file.read().split(b"\n")
        self.log_bytes += sum(len(line) + 1 for line in lines[:-1])
        return [f"the log: {line}" for line in lines[:-1] if not self.is_ours(line)]

    def is_ours(self, line):
        try:
            return self.begun - 1 <= when(json.loads(line)["time"]) <= time.time() + 1
        except (ValueError, KeyError, TypeError):
            return False

    def close(self):
        for process in (self.quernd, self.server):
            process.terminate()
            process.wait(timeout=PATIENCE_SECONDS)
