# SPDX-License-Identifier: Apache-2.0
"""One host of a fleet: a real quernd, its processes, its pages and its log."""
import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess

from fleet.processes import below, die_with_parent, everything
from fleet.waiting import PATIENCE_SECONDS, SLOWNESS, eventually

HTTP_SECONDS = 20 * SLOWNESS


class Host:
    """Starts a quernd.

    settings: {section: {key: value}}, merged over ours. around: a command in front that becomes quernd. fail: names as
    of fail().
    """

    def __init__(self, fleet, name, settings, programs, environment, around, fail):
        self.name, self.directory = name, fleet.directory / name
        self.directory.mkdir()
        self.log, self.config = self.directory / "log", self.directory / "quernd.ini"
        self.http, self.failpoints = fleet.server.directory / f"{name}.http", self.directory / "fail"
        self.failpoints.mkdir()
        self.fail(*fail)
        self.settings = {"queue": {"url": fleet.url, "lease": "2s"}, "store": {"url": fleet.store_url, "collect": "never"},
                         "workers": {"count": 1, "name": name}, "http": {"listen": self.http},
                         "log": {"format": "json", "level": "debug"}}
        self.configure(**settings)
        self.command = [*around, programs / "quernd", "--config", self.config]
        self.environment = {**fleet.environment, "QUERN_FAIL": str(self.failpoints), **environment}
        self.process = None
        self.start()

    def start(self):
        """Again, after its end."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, env=self.environment, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, stderr=log, preexec_fn=die_with_parent)

    def configure(self, **settings):
        """Writes the settings down; quernd reads them on SIGHUP."""
        for section, values in settings.items():
            self.settings.setdefault(section, {}).update(values)
        self.config.write_text("".join(
            f"[{section}]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())
            for section, values in self.settings.items()))

    # ---- failpoints ----

    def fail(self, *names):
        """Arms failpoints, each for once: "kill@run:told", "stop@keeper:turn"; the programs must be those of dev."""
        for name in names:
            (self.failpoints / name).touch()

    def has_failed(self, name):
        return not (self.failpoints / name).exists()

    # ---- processes ----

    def processes(self, exe=""):
        """Those below quernd, if they run the program."""
        return [one for one in below(self.process.pid) if one.exe.startswith(exe) and one.state != "Z"]

    def children(self, exe=""):
        """The pids of its own children, if they run the program: no codec's or zygote's."""
        return [one.pid for one in self.processes(exe) if one.parent == self.process.pid]

    def child(self, exe):
        """The pid of the one that there must be."""
        return eventually(lambda: self.children(exe), f"{self.name} has a {exe}")[0]

    def stopped(self, exe):
        return [one.pid for one in self.processes(exe) if one.state == "T"]

    def signal(self, exe, number):
        for pid in self.children(exe):
            os.kill(pid, number)

    def freeze(self):
        """SIGSTOP for all its processes, quernd first: the machine sleeps. Their pids."""
        os.kill(self.process.pid, signal.SIGSTOP)
        pids = [self.process.pid] + [one.pid for one in self.processes()]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        return pids

    def thaw(self):
        for pid in [one.pid for one in self.processes()] + [self.process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def drain(self, seconds=PATIENCE_SECONDS):
        """Ends it in good order: its exit code."""
        self.process.terminate()
        return self.process.wait(seconds)

    def kill(self, seconds=PATIENCE_SECONDS):
        """SIGKILL for quernd; what it had started dies of that."""
        family = {(one.pid, one.name) for one in below(self.process.pid)}
        self.process.kill()
        self.process.wait()

        def survivors():
            return [one for one in everything() if (one.pid, one.name) in family and one.state != "Z"]

        try:
            eventually(lambda: not survivors(), None, seconds)
        except TimeoutError:
            raise TimeoutError(f"{self.name} left {survivors()}") from None

    def close(self):
        if self.process.poll() is None:
            self.kill()

    # ---- what it tells ----

    def get(self, path):
        """(status, text) of an HTTP page, or (0, "") while nobody answers."""
        connection = http.client.HTTPConnection("localhost", timeout=HTTP_SECONDS)
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.settimeout(HTTP_SECONDS)
        try:
            connection.sock.connect(str(self.http))
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def metric(self, name):
        for line in self.get("/metrics")[1].splitlines():
            if line.startswith(name + " "):
                return float(line.split()[-1])
        return None

    def ready(self, seconds=PATIENCE_SECONDS):
        eventually(lambda: self.get("/readyz")[0] == 200, f"{self.name} is ready", seconds)
        return self

    def events(self, event, **fields):
        """The log's lines of this event with these fields, oldest first."""
        lines = [json.loads(line) for line in self.log.read_text(errors="replace").splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == event and fields.items() <= line.items()]
