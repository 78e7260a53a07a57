# SPDX-License-Identifier: Apache-2.0
"""Level minimal: a machine that gives no user namespaces. What its jail holds and lets through: tests/hostile."""
import os
import pathlib
import re
import secrets
import shutil
import signal
import subprocess
import tempfile

import pytest

from fleet import PATIENCE_SECONDS, QUERN, ROOT, eventually
from runs import Run

UID = "61001"  # inside; outside it is who runs the tests
NO_NAMESPACES = ["unshare", "--user", f"--map-user={UID}", f"--map-group={UID}", "--keep-caps", "sh", "-c",
                 'echo 0 >/proc/sys/user/max_user_namespaces && '
                 'exec setpriv --inh-caps=-all --ambient-caps=-all --bounding-set=-all "$@"', "sh"]


class Machine:
    """quern on it, with a place for work directories of its own."""

    def __init__(self, directory, around=NO_NAMESPACES, uid=UID):
        self.directory, self.work, self.around = directory, directory / f"quern-{uid}", around

    def start(self, *words):
        environment = dict(os.environ, TMPDIR=str(self.directory), XDG_DATA_HOME=str(self.directory / "data"))
        return subprocess.Popen([*self.around, QUERN, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, errors="replace", env=environment)

    def says(self, *words):
        process = self.start(*words)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def script(self, text):
        path = self.directory / "script.py"
        path.write_text(text)
        return path

    def run(self, text, *options):
        out = self.directory / "out"
        return Run(self.says("run", self.script(text), "-o", out, *options), out)

    def left(self):
        return [str(path) for path in self.work.rglob("*")]


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def processes(word):
    """Of those whose command line has the word, the numbers."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word.encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


# A descendant that left its parent, and cannot leave the job: it is known by its argument.
DAEMON = """
import os, subprocess, time
def azureml_main():
    for way in os.setsid, lambda: os.setpgid(0, 0):
        try:
            way()
        except PermissionError:
            print("stays")
    if os.fork() == 0:
        os.execv("/bin/sh", ["sh", "-c", "sleep 1000; true", "{word}"])
    while not any(b"{word}" in open(f"/proc/{{name}}/cmdline", "rb").read() for name in os.listdir("/proc") if name.isdigit()
                  and name != str(os.getpid()) and os.path.exists(f"/proc/{{name}}/cmdline")):
        time.sleep(0.01)
    print("runs", flush=True)
    {then}
"""


def test_b_a_job_runs_and_nothing_is_left(machine):
    word = secrets.token_hex(8)
    run = machine.run(DAEMON.format(word=word, then="open('kept.txt', 'w').write('x')"))
    assert run.code == 0, run.stderr
    assert run.script_out.splitlines()[-3:] == ["stays", "stays", "runs"]
    jail = run.job["jail"]
    assert (jail["level"], jail["user_namespace"], jail["bound"], jail["seccomp"]) == ("minimal", False, "polled", True)
    assert run.job["warnings"] == ["the jail is minimal here: this machine gives no user namespaces (quern doctor); what scripts "
                                   "can see of it then is told in docs/security.md"]
    assert (machine.left(), processes(word)) == ([], [])


# What a container's root has, without what would make it the machine's.
CAPABILITIES = "-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+setfcap"
SHARE = """
import multiprocessing, os
def azureml_main():
    with multiprocessing.Pool(2) as pool:
        print(pool.map(abs, [-1, 2]), os.getuid() != 0)
"""


@pytest.fixture
def container():
    """As whoever runs the tests; a uid of a script's own has to reach its directory."""
    directory = pathlib.Path(tempfile.mkdtemp(dir="/var/tmp"))
    directory.chmod(0o711)
    around = [ROOT / "tests/e2e/lacking.py", "namespaces"]
    around += ["setpriv", f"--bounding-set={CAPABILITIES}", "--inh-caps=-all"] if os.geteuid() == 0 else []
    yield Machine(directory, around, os.geteuid())
    shutil.rmtree(directory)


def test_b_in_a_container(container):
    """Where a seccomp profile forbids it, and where root has not all capabilities: its jobs have uids of their own."""
    run = container.run(SHARE)
    assert run.code == 0, run.stderr
    assert run.script_out == "[1, 2] True\n"
    assert (run.job["jail"]["level"], run.job["jail"]["own_uid"]) == ("minimal", os.geteuid() == 0)
    assert container.left() == []


def test_f_what_is_required_is_refused(machine):
    done = machine.says("run", machine.script("print('ran')\n"), "--jail", "user")
    assert (done.returncode, done.stdout) == (78, "")
    assert "environment default: the jail is minimal here, user is required (see: quern doctor) (config)" in done.stderr


def test_b_doctor_tells(machine):
    done = machine.says("doctor")
    assert "jail      minimal; memory is bounded by looking at all processes of a job (polled)\n" in done.stdout
    assert "no user namespaces: scripts see the machine's processes and names of files" in done.stdout


def test_l_the_work_directory_is_bounded(machine):
    """By looking: in many files, in one that has no name any more."""
    body = "import os, time\ndef azureml_main():\n    for i in range(100):\n        {what}\n    time.sleep(100)\n"
    beyond = r"the script's files took \d+ MiB, more than their limit of 64 MiB"
    for what in ("open(str(i), 'wb').write(os.urandom(1 << 20))",
                 "i or (setattr(os, 'f', open('x', 'wb')), os.unlink('x')); os.f.write(os.urandom(1 << 20)); os.f.flush()"):
        run = machine.run(body.format(what=what), "--disk", "64M", "--timeout", "60s")
        assert run.job["reason"] == "limit:disk" and re.fullmatch(beyond, run.job["message"]), run.stderr
    run = machine.run(body.replace("range(100)", "range(2000)").format(what="open(str(i), 'x').close()"), "--disk-files", "1000")
    assert run.job["message"] == "the script made more than its limit of 1000 files"
    assert machine.left() == []


def test_c_what_a_killed_quern_left_is_swept(machine):
    """All of it dies at once but a descendant of the script; the next one ends that, and removes the directories."""
    word = secrets.token_hex(8)
    process = machine.start("run", machine.script(DAEMON.format(word=word, then="time.sleep(1000)")))
    eventually(lambda: processes(word), "the descendant")
    eventually(machine.left, "its directory")
    zygotes = [pid for pid in processes(str(machine.directory)) if b"--work-base" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()]
    for number in signal.SIGSTOP, signal.SIGKILL:  # either would clean up after the other
        for pid in [*zygotes, process.pid]:
            os.kill(pid, number)
    process.wait()
    assert processes(word) and machine.left()
    assert machine.run("def azureml_main():\n    pass\n").code == 0
    assert (machine.left(), processes(word)) == ([], [])


def test_c_a_zygote_that_is_killed_takes_all_along(machine):
    word = secrets.token_hex(8)
    process = machine.start("run", machine.script(DAEMON.format(word=word, then="time.sleep(1000)")))
    eventually(lambda: processes(word), "the descendant")
    parents = [pid for pid in processes("--work-base=" + str(machine.directory))]
    os.kill(min(parents), signal.SIGKILL)
    process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode != 0
    eventually(lambda: not processes(word), "the descendant's end")
    assert machine.left() == []
