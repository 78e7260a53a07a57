# SPDX-License-Identifier: Apache-2.0
"""The positive control: a hostile script without the jail, where it can do no harm.

free(case) runs it as root of a user namespace of an ordinary user, in namespaces of its own with small file systems and
rlimits, and gives {"found": what it said, "end": "exit 0", a signal's name or "no end", "neighbour": "alive" or "dead"}.
As a program (free.py CASE) it is that world's first process.
"""
import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
ORDINARY = 61002
PLACE_BYTES = 256 << 20
LIMITS = {"AS": 8 << 30, "FSIZE": 1 << 30, "NPROC": 250, "NOFILE": 1024, "CPU": 30, "CORE": 0,
          "SIGPENDING": 256}
SECONDS = 60
NO_END, SECONDS_WITHOUT_END = "no end", 3
RUN = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("user_script", sys.argv[1])
script = importlib.util.module_from_spec(spec)
spec.loader.exec_module(script)
arguments = [__import__("pandas").DataFrame({"a": [1.0, 2.0, 3.0]})] if script.EXPECT.get("input") else []
script.azureml_main(*arguments)
"""
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": "/run/job", "TMPDIR": "/run/job", "OPENBLAS_NUM_THREADS": "1",
               "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(HERE), "MPLBACKEND": "Agg", "LANG": "C.UTF-8"}


def free(case):
    """What came of the script of that path."""
    command = ["unshare", "--user", "--map-root-user", "--mount", "--pid", "--net", "--ipc", "--uts", "--fork",
               "--kill-child", "--mount-proc", "/usr/bin/python3", "-B", __file__, case]
    if os.geteuid() == 0:
        command = ["setpriv", "--reuid", str(ORDINARY), "--regid", str(ORDINARY), "--clear-groups", *command]
    else:
        command = ["setpriv", "--inh-caps=-all", "--ambient-caps=-all", *command]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, stdin=subprocess.DEVNULL,
                          errors="replace")
    lines = done.stdout.splitlines()
    assert lines and lines[-1].startswith("{"), f"{case}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return json.loads(lines[-1])


def last_line(text):
    lines = text.strip().splitlines()
    try:
        return json.loads(lines[-1]) if lines else None
    except ValueError:
        return None


def word(code):
    return f"exit {code}" if code >= 0 else signal.Signals(-code).name


def limited():
    os.setsid()
    for name, limit in LIMITS.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (limit, limit))


def run(case, endless):
    """What it said, and how it ended. endless: it is given some seconds, and then its end."""
    os.mkdir("/run/job")
    out = open("/run/out", "w+b")
    script = subprocess.Popen(["/usr/bin/python3", "-B", "-c", RUN, case], cwd="/run/job", stdin=subprocess.DEVNULL,
                              stdout=out, stderr=sys.stderr, env=ENVIRONMENT, preexec_fn=limited)
    given_up = threading.Event()
    if endless:
        threading.Timer(SECONDS_WITHOUT_END, lambda: (given_up.set(), script.kill())).start()
    code = None
    while code is None:  # as the first process, orphans are ours
        dead, status = os.wait()
        if dead == script.pid:
            code = os.waitstatus_to_exitcode(status)
    out.seek(0)
    return last_line(out.read(1 << 20).decode(errors="replace")), NO_END if given_up.is_set() else word(code)


def main(case):
    import enter
    from case import Case
    from planted import Planted
    case = pathlib.Path(case).resolve()
    enter.empty_places(PLACE_BYTES)
    enter.loopback_up()
    planted = Planted()
    found, end = run(str(case), Case(case).expect.get("end") == NO_END)
    lives = planted.neighbour_lives()
    print(json.dumps({"found": found, "end": end, "neighbour": "alive" if lives else "dead"}))


if __name__ == "__main__":
    main(sys.argv[1])
