# SPDX-License-Identifier: Apache-2.0
"""quernd under systemd, as far as that goes without a running systemd: what deploy/quernd.service says is understood, is
tight, and leaves quernd what it needs; and what quernd tells systemd."""
import os
import re
import signal
import socket
import subprocess

from fleet import PATIENCE_SECONDS, ROOT, eventually

UNIT = ROOT / "deploy" / "quernd.service"
MOST_EXPOSED = 40  # tenths; 100 is no protection at all


def test_f_the_unit_is_tight():
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager",
                           f"--threshold={MOST_EXPOSED}", UNIT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-300:] + done.stderr


def test_b_the_unit_is_understood(tmp_path):
    text = UNIT.read_text().replace("/usr/bin/quernd", "/bin/true").replace("Documentation=man:quern(1)\n", "")
    path = tmp_path / "quernd.service"
    path.write_text(text)
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", path], capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if "quernd.service" in line] == []


def capabilities():
    names = re.search(r"^CapabilityBoundingSet=(.*)$", UNIT.read_text(), re.M)[1].split()
    return ["setpriv", "--no-new-privs", "--bounding-set",
            "-all," + ",".join("+" + name.lower().removeprefix("cap_") for name in names)]


def test_f_the_unit_s_capabilities_are_enough(fleet):
    """As root: jobs are jailed in full, and one whose worker stops is killed with all its processes."""
    host = fleet.host(around=capabilities() if os.geteuid() == 0 else []).ready()
    level = "full" if os.geteuid() == 0 else "user"
    assert host.events("environment up")[0]["jail"] == level
    job = fleet.submit("import time\ndef azureml_main():\n    print('begun', flush=True)\n    time.sleep(600)\n",
                       "--timeout", "1s")
    fleet.begun(job)
    os.kill(host.child("quern-worker"), signal.SIGSTOP)
    eventually(lambda: fleet.inspect(job)["crashes"] == 1, "it is lost")


def calls_of(word):
    """The system calls that a word of SystemCallFilter= lets through."""
    if not word.startswith("@"):
        return {word}
    text = subprocess.run(["systemd-analyze", "syscall-filter", word], capture_output=True, text=True, check=True).stdout
    words = [line.strip() for line in text.splitlines()[1:]]
    return set().union(*(calls_of(one) for one in words if one and not one.startswith("#")))


def test_r_the_unit_lets_the_jail_be_made():
    """Landlock and seccomp were in no group of systemd 252: under the unit jobs were at level user, not full."""
    words = " ".join(re.findall(r"^SystemCallFilter=(.*)$", UNIT.read_text(), re.M)).split()
    needed = {"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "seccomp", "unshare", "setns",
              "pivot_root", "mount_setattr", "fspick", "fsconfig", "capset", "openat2", "close_range", "execveat",
              "pidfd_open", "pidfd_send_signal", "memfd_create", "mincore", "flock"}
    assert needed - set().union(*map(calls_of, words)) == set()


def test_b_systemd_is_told(fleet):
    path = str(fleet.directory / "notify")
    told = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(path)
        systemd.setblocking(False)

        def hear(word):
            try:
                while True:
                    told.append(systemd.recv(4096).decode())
            except BlockingIOError:
                return any(word in text.splitlines() for text in told)

        host = fleet.host(environment={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "2000000"})
        eventually(lambda: hear("READY=1"), "ready")
        told.clear()
        eventually(lambda: hear("WATCHDOG=1"), "the watchdog")
        fleet.server.kill()
        eventually(lambda: host.get("/readyz")[0] == 503, "Redis is away")
        told.clear()
        eventually(lambda: hear("WATCHDOG=1"), "the watchdog without Redis")
        assert host.drain() == 0
        eventually(lambda: hear("STOPPING=1"), "stopping")


def test_c_the_watchdog_starves_with_the_loop(fleet):
    """A quernd that cannot start its keeper any more does not claim that all is well."""
    path = str(fleet.directory / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(path)
        systemd.settimeout(PATIENCE_SECONDS)
        host = fleet.host(environment={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "2000000"}).ready()
        while "WATCHDOG=1" not in systemd.recv(4096).decode():
            pass
        host.process.send_signal(signal.SIGSTOP)
        systemd.settimeout(3)
        try:
            while True:
                systemd.recv(4096)
        except TimeoutError:
            pass
        host.process.send_signal(signal.SIGCONT)
        systemd.settimeout(PATIENCE_SECONDS)
        assert "WATCHDOG=1" in systemd.recv(4096).decode()
