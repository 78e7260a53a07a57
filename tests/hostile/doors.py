# SPDX-License-Identifier: Apache-2.0
"""The ways in: `quern submit` to a quernd with a Redis of its own that wants a password, and `quern run`.

Calling sequence: House() → queue_run(), here_run() → close(). All programs run as `uid`, below PLACE.
"""
import http.client
import json
import os
import pathlib
import secrets
import shutil
import socket
import subprocess
import sys
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


class Outcome:
    """What became of a job: its record (schemas/manifest.schema.json) and streams."""

    def __init__(self, directory, done):
        self.done = done
        record = directory / "job.json"
        self.record = json.loads(record.read_text()) if record.exists() else {}
        self.out, self.err = (self.text(directory / name) for name in ("stdout.txt", "stderr.txt"))

    @staticmethod
    def text(path):
        return path.read_text(errors="replace") if path.exists() else ""

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

    def here_run(self, script, *options):
        """Through `quern run`."""
        options = bounded(options)
        return self.kept(lambda out: self.quern("run", script, *COMMON, "-o", out, *options, check=False))

    def queue_run(self, script, *options):
        """Through the queue; afterwards the job is forgotten."""
        options = bounded(options)
        done = self.quern("submit", script, *COMMON, "--wait", *options, check=False)
        job = done.stdout.strip()
        assert job, done.stderr
        outcome = self.kept(lambda out: (self.quern("result", job, "-o", out, check=False), done)[1])
        self.quern("rm", job)
        return outcome

    def kept(self, run):
        out = PLACE / "out"
        outcome = Outcome(out, run(out))
        shutil.rmtree(out, ignore_errors=True)
        return outcome

    def log(self):
        return (PLACE / "log").read_text(errors="replace")

    def close(self):
        for process in (self.quernd, self.server):
            process.terminate()
            process.wait(timeout=PATIENCE_SECONDS)
