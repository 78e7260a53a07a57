# SPDX-License-Identifier: Apache-2.0
"""`quern run` as it is seen: what goes to stdout and stderr on pipes, and what a terminal is sent."""
import json
import os
import pty
import re
import select
import signal
import subprocess
import time

import pytest

from fleet import PATIENCE_SECONDS, QUERN, ROOT


GOOD = """
import sys
import pandas
def azureml_main(dataframe1=None, dataframe2=None):
    sys.stdout.write("plain \\x1b[31mred\\x1b[0m \\x1b]0;title\\x07\\x1b[2J\\u202e\\n50%\\r100%\\n")
    sys.stderr.write("a warning\\n")
    return pandas.DataFrame({"name": ["a", "b"], "value": [1.5, 20.25]}),
"""


@pytest.fixture
def place(tmp_path):
    """A directory of its own, with the environment of a plain user."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8", "TERM": "xterm"}
    return tmp_path, environment


def run(place, script, *flags, **more):
    """A finished run on pipes: exit code, stdout, stderr as bytes."""
    directory, environment = place
    (directory / "script.py").write_text(script)
    return subprocess.run([QUERN, "run", "script.py", *flags], cwd=directory, env={**environment, **more},
                          capture_output=True, timeout=PATIENCE_SECONDS, stdin=subprocess.DEVNULL)


def run_on_terminal(place, script, *flags, **more):
    """(exit code, bytes that the terminal was sent)."""
    directory, environment = place
    (directory / "script.py").write_text(script)
    ours, theirs = pty.openpty()
    with subprocess.Popen([QUERN, "run", "script.py", *flags], cwd=directory, env={**environment, **more},
                          stdin=theirs, stdout=theirs, stderr=theirs) as quern:
        os.close(theirs)
        sent, deadline = b"", time.monotonic() + PATIENCE_SECONDS
        while select.select([ours], [], [], max(0, deadline - time.monotonic()))[0]:
            try:
                sent += os.read(ours, 65536)
            except OSError:  # EIO: the last one closed the terminal
                break
        os.close(ours)
        return quern.wait(timeout=PATIENCE_SECONDS), sent


def lines_of(stderr):
    """stderr with times as T."""
    return re.sub(r"\d+\.\d+ s", "T", stderr.decode()).splitlines()


def test_b_pipes_get_the_scripts_bytes_and_nothing_else(place):
    done = run(place, GOOD)
    assert done.stdout == "plain \x1b[31mred\x1b[0m \x1b]0;title\x07\x1b[2J\u202e\n50%\r100%\n".encode()
    assert done.returncode == 0
    lines = lines_of(done.stderr)
    assert "a warning" in lines
    lines.remove("a warning")  # it may come before or after a step's line
    assert lines == ["✓ claim    T", "✓ load     T", "✓ run      T", "✓ collect  T", "✓ publish  T", "✓ complete T", "",
                     "dataset1",
                     "┌────────┬────────┐",
                     "│  name  │ value  │",
                     "│ string │ double │",
                     "├────────┼────────┤",
                     "│ a      │   1.5  │",
                     "│ b      │  20.25 │",
                     "└────────┴────────┘",
                     "2 rows × 2 columns", "", "keep the results: -o DIR"]


def test_b_a_c_locale_gets_ascii(place):
    done = run(place, GOOD.replace("\\u202e", ""), LC_ALL="C")
    assert done.returncode == 0
    assert all(byte < 0x80 for byte in done.stderr)
    assert b"ok run" in done.stderr and b"+--------+--------+" in done.stderr


def test_b_kept_files_are_named(place):
    done = run(place, GOOD, "-o", "out")
    assert done.returncode == 0
    last = done.stderr.decode().splitlines()[-1]
    size = (place[0] / "out/dataset1.arrow").stat().st_size
    shown = f"{size} bytes" if size < 1000 else f"{size / 1000:.1f} kB"
    assert last == f"out/dataset1.arrow  2 × 2, {shown}"


def test_r_streams_that_are_closed_are_not_taken_by_other_files(place):
    directory, environment = place
    (directory / "script.py").write_text("def azureml_main():\n    return 1\n")
    done = subprocess.run(["sh", "-c", 'exec "$0" run script.py -o kept <&- >&- 2>&-', QUERN], cwd=directory,
                          env=environment, timeout=PATIENCE_SECONDS)
    assert done.returncode == 0
    assert json.loads((directory / "kept" / "job.json").read_text())["state"] == "succeeded"


def test_b_json_is_alone_on_stdout(place):
    done = run(place, GOOD, "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["state"] == "succeeded"
    assert done.stderr.decode(errors="replace").startswith("plain ") or done.stderr.startswith(b"a warning")
    assert "✓".encode() not in done.stderr and b"keep the results" not in done.stderr


def test_f_a_terminal_gets_colours_but_no_other_control(place):
    code, sent = run_on_terminal(place, GOOD, "--image", "none")
    assert code == 0
    text = sent.decode()
    assert "plain \x1b[31mred\x1b[0m \\x1b]0;title\\x07\\x1b[2J\\u202e\r\n" in text
    assert "50%\r\x1b[K100%\r\n" in text
    assert set(re.findall(r"\x1b\[[0-9;]*[A-Za-z]", text)) <= {"\x1b[K", "\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m",
                                                                 "\x1b[32m"}
    assert "\x1b" not in re.sub(r"\x1b\[[0-9;]*[mK]", "", text)


def test_b_a_dumb_terminal_gets_plain_lines(place):
    code, sent = run_on_terminal(place, GOOD, TERM="dumb")
    assert code == 0
    assert b"\x1b" not in sent
    assert "✓ run ".encode() in sent and b"50%\\r100%" in sent


def test_b_no_color_is_respected(place):
    code, sent = run_on_terminal(place, GOOD, NO_COLOR="1")
    assert code == 0
    assert re.findall(rb"\x1b\[[0-9;]*m", sent) == []
    assert re.findall(rb"\x1b\[[0-9;]*m", run_on_terminal(place, GOOD, "--color", "never")[1]) == []


def test_b_a_failure_shows_the_line_of_the_script(place):
    done = run(place, "def azureml_main(a=None, b=None):\n    raise ValueError('no')\n")
    assert (done.returncode, done.stdout) == (1, b"")
    lines = lines_of(done.stderr)
    assert lines[-2:] == ["    script.py:2    raise ValueError('no')",
                          "  look around where it failed: the same command with --pdb"]
    assert lines[-3].startswith("✕ failed after T: ") and lines[-3].endswith("ValueError: no (exception)")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_c_an_interrupt_cancels(place, number):
    directory, environment = place
    (directory / "script.py").write_text("def azureml_main(a=None, b=None):\n    print('up', flush=True)\n"
                                         "    while True:\n        pass\n")
    with subprocess.Popen([QUERN, "run", "script.py"], cwd=directory, env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as quern:
        assert quern.stdout.readline() == b"up\n"
        quern.send_signal(number)
        _, stderr = quern.communicate(timeout=PATIENCE_SECONDS)
    assert quern.returncode == 4
    assert lines_of(stderr)[-1] == "⊘ cancelled after T"


def test_c_a_reader_that_goes_away_does_not_end_the_job(place):
    directory, environment = place
    (directory / "script.py").write_text("def azureml_main():\n    print('up', flush=True)\n    for _ in range(5000):\n"
                                         "        print('x' * 100)\n    return 1\n")
    with subprocess.Popen([QUERN, "run", "script.py", "-o", "out"], cwd=directory, env=environment,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL) as quern:
        assert quern.stdout.readline() == b"up\n"
        quern.stdout.close()
        assert quern.wait(timeout=PATIENCE_SECONDS) == 75  # what it printed nobody has
    assert json.loads((directory / "out/job.json").read_text())["state"] == "succeeded"
    assert (directory / "out/stdout.txt").stat().st_size == 3 + 5000 * 101
