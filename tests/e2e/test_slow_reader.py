# SPDX-License-Identifier: Apache-2.0
"""`quern run` whose output nobody reads: pipes and terminals that are full hold up neither the job nor its clock."""
import json
import os
import pty
import re
import select
import signal
import subprocess

import pytest

from fleet import QUERN
from fleet.waiting import PATIENCE_SECONDS, eventually

FULL = 1 << 20  # more than a pipe or a terminal holds

# Fills both pipes, says so with a file in the directory of the outputs, and goes on as it is told.
SCRIPT = """
import sys
def azureml_main():
    for stream in sys.stdout, sys.stderr:
        for line in range({full} // 100):
            stream.write('%099d\\n' % line)
        stream.flush()
    {then}
"""
ENDLESS = "while True: pass"
FLOOD = "print('x' * (12 << 20)); return 1"
LINES = b"".join(b"%099d\n" % line for line in range(FULL // 100))


@pytest.fixture
def start(tmp_path):
    """start(then, *flags, stdout=, stderr=): a `quern run` whose streams nobody reads."""
    started = []

    def begin(then, *flags, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more):
        (tmp_path / "script.py").write_text(SCRIPT.format(full=FULL, then=then))
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8", "TERM": "xterm"}
        process = subprocess.Popen([QUERN, "run", "script.py", "-o", "out", *flags], cwd=tmp_path, env=environment,
                                   stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, **more)
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in process.stdout, process.stderr:
            if stream:
                stream.close()


def record(tmp_path):
    """job.json, as soon as it is there."""
    path = tmp_path / "out" / "job.json"
    eventually(path.exists, "the end of the job", PATIENCE_SECONDS)
    return json.loads(path.read_text())


def are_full(process):
    """Both pipes of the process: not a byte more goes in."""
    ends = [os.open(f"/proc/{process.pid}/fd/{fd}", os.O_WRONLY | os.O_NONBLOCK) for fd in (1, 2)]
    writable = select.select([], ends, [], 0)[1]
    for end in ends:
        os.close(end)
    return not writable


def of_script(text):
    """The script's lines; ours stand between them."""
    return b"".join(line + b"\n" for line in re.findall(rb"\d{99}", text))


def read_all(process):
    """(exit code, stdout, the script's stderr)."""
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, out, of_script(err)


def test_l_the_time_limit_counts_while_nobody_reads(start, tmp_path):
    process = start(ENDLESS, "--timeout", "2s")
    job = record(tmp_path)
    assert (job["reason"], job["message"]) == ("limit:time", "the script ran longer than its time limit of 2 s")
    assert process.poll() is None  # the output waits for its reader
    assert read_all(process) == (124, LINES, LINES)


def test_l_what_is_kept_for_a_reader_is_the_jobs_output_limit(start, tmp_path):
    process = start(FLOOD)
    assert record(tmp_path)["stdout"]["truncated"]
    code, out, err = read_all(process)
    kept = (tmp_path / "out" / "stdout.txt").read_bytes()
    assert (code, err) == (0, LINES)
    assert out == kept[:10 << 20] and len(out) == 10 << 20


def test_b_a_job_ends_before_anybody_reads(start, tmp_path):
    process = start("return 1")
    assert record(tmp_path)["state"] == "succeeded"
    assert read_all(process) == (0, LINES, LINES)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_c_a_signal_cancels_while_nobody_reads(start, tmp_path, number):
    process = start(ENDLESS)
    eventually(lambda: are_full(process), "full pipes", PATIENCE_SECONDS)
    process.send_signal(number)
    assert record(tmp_path)["state"] == "cancelled"
    code, out, err = read_all(process)
    assert code == 4 and out and err
    assert LINES.startswith(out) and LINES.startswith(err)


def test_c_a_second_signal_ends_quern_before_its_reader_does(start, tmp_path):
    process = start(ENDLESS)
    eventually(lambda: are_full(process), "full pipes", PATIENCE_SECONDS)
    process.send_signal(signal.SIGINT)
    assert record(tmp_path)["state"] == "cancelled"
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=PATIENCE_SECONDS) in (4, -signal.SIGINT)  # of the job, or of quern, which waited for its reader


def test_b_one_pipe_for_both_streams_keeps_their_order(start, tmp_path):
    process = start("return 1", stderr=subprocess.STDOUT)
    assert record(tmp_path)["state"] == "succeeded"
    text = process.communicate(timeout=PATIENCE_SECONDS)[0]
    assert process.returncode == 0 and len(text) > 2 * len(LINES)
    steps = re.findall("^\u2713 (\\w+)", text.decode(), re.MULTILINE)
    assert steps == ["claim", "load", "run", "collect", "publish", "complete"]


def test_l_a_terminal_that_is_stopped_stops_no_clock(start, tmp_path):
    ours, theirs = pty.openpty()
    process = start(ENDLESS, "--timeout", "2s", "--color", "never", stdout=theirs, stderr=theirs)
    os.close(theirs)
    assert record(tmp_path)["reason"] == "limit:time"
    sent = b""
    while True:
        try:
            sent += os.read(ours, 65536)
        except OSError:  # EIO: the last one closed the terminal
            break
    os.close(ours)
    assert process.wait(timeout=PATIENCE_SECONDS) == 124
    # Where one stream breaks into the other's line, the line is ended: digits are counted, not lines.
    assert len(re.findall(rb"\d", sent)) >= 2 * len(re.findall(rb"\d", LINES))
