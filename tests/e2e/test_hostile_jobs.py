# SPDX-License-Identifier: Apache-2.0
"""Scripts that mean harm, or behave as if: what they do to the worker by records, streams and files, and what is seen;
most of them one after another on one host, which works on."""
import re
import subprocess

from fleet import QUERN, ROOT

PIMA = str(ROOT / "examples" / "pima_diabetes.csv")

SPEAK = """
import array, fcntl, os, signal, socket, struct
from quern import channel
def record(kind, name=b"", value=b"", port=0):
    return struct.pack("<IIIIiIQ", kind, port, 0, 0, 0, 0, 0) + name.ljust(256, b"\\0") + value.ljust(4096, b"\\0")
def conversation():
    for fd in set(range(3, 256)) - {channel.line.fileno()}:
        try:
            link = socket.socket(fileno=os.dup(fd))
        except OSError:
            continue
        if link.family == socket.AF_UNIX and link.type == socket.SOCK_SEQPACKET:
            return link
def frame():
    _, sent, _, _ = conversation().recvmsg(8192, socket.CMSG_SPACE(4))  # the file of the next result
    fd, = struct.unpack("i", sent[0][2])
    os.write(fd, b"none")
    fcntl.fcntl(fd, 1033, 15)
    return fd
def send(link, bytes, *fds):
    link.sendmsg([bytes], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else [])
def azureml_main(dataframe1=None):
    link = conversation()
"""


def speaks(run, body, *options):
    return run(SPEAK + "".join(f"    {line}\n" for line in body.splitlines()), *options)


def failed(run, code, reason, message):
    assert (run.code, run.job["reason"], run.job["message"]) == (code, reason, message), run.stderr


# ---- records ----

def test_f_notes_without_end(served):
    run = speaks(served, "for i in range(20000):\n    send(link, record(2, b'n', b'%d' % i))\nreturn 1")
    failed(run, 1, "bad_result", "the script's process sent more than 10000 records")
    assert run.job["warnings_left"] > 0


def test_f_a_name_that_leads_elsewhere(served):
    run = speaks(served, "send(link, record(3, name=b'../up'), frame())\nreturn 1")
    failed(run, 1, "bad_result", "'../up' is not a name for an output")


def test_f_more_ports_than_there_are(served):
    run = speaks(served, "for i in range(70):\n    send(link, record(3, name=b'n%d' % i), frame())\nreturn 1")
    failed(run, 1, "bad_result", "the script returned more than 64 outputs")


def test_f_done_and_then_more(served):
    """What comes after DONE is not heard; the script cannot even send it, and its own end is left to it."""
    run = speaks(served, "send(link, record(5))\ntry:\n    while True:\n        send(link, record(3, port=1), frame())\n"
                        "except OSError:\n    os._exit(0)")
    assert run.code == 0, run.stderr
    assert run.job["outputs"] == []


def test_l_done_and_then_no_end(served):
    run = speaks(served, "send(link, record(5))\nwhile True: signal.pause()", "--timeout", "2s")
    failed(run, 124, "limit:time", "the script ran longer than its time limit of 2 s")


def test_f_a_closed_conversation(served):
    run = speaks(served, "link.close()\nos.closerange(3, 1024)\nreturn 1")
    failed(run, 1, "exit:125", "the script ended its process with code 125 and returned nothing")


# ---- streams and descriptors ----

def test_l_output_without_end(served):
    run = served("import sys\ndef azureml_main():\n    for i in range(100):\n        sys.stdout.write('x' * 1000000)\n")
    assert run.code == 0, run.stderr[-500:]
    assert run.job["stdout"] == {"bytes": 100_000_000, "truncated": True}
    mark = "\n[quern: cut here: 100000000 bytes came, the limit is 10485760]\n"
    assert run.script_out == "x" * 10485760 + mark


def test_b_closed_streams(served):
    run = served("import os, sys\ndef azureml_main(df):\n    sys.stdout.close()\n    sys.stderr.close()\n"
                "    for fd in 0, 1, 2:\n        try:\n            os.close(fd)\n        except OSError:\n            pass\n"
                "    return df\n", "--dataframe1", PIMA)
    assert run.code == 0, run.stderr
    assert run.job["outputs"][0]["rows"] == 768


def test_b_closed_descriptors_and_gone(served):
    failed(served("import os\ndef azureml_main():\n    os.closerange(0, 1024)\n    os._exit(5)\n"), 1, "exit:5",
           "the script ended its process with code 5 and returned nothing")


# ---- files ----

def test_l_a_full_work_directory(served):
    run = served("def azureml_main():\n    with open('big', 'wb') as file:\n        while True:\n"
                "            file.write(bytes(1 << 24))\n")
    failed(run, 1, "limit:disk", "[Errno 28] No space left on device (the limit is 1 GiB in 65536 files, 4 GiB each)")


def test_l_a_full_work_directory_that_is_noticed_is_no_failure(served):
    run = served("import os\ndef azureml_main(df):\n    try:\n        with open('big', 'wb') as file:\n            while True:\n"
                "                file.write(bytes(1 << 24))\n    except OSError:\n        os.unlink('big')\n    return df\n",
                "--dataframe1", PIMA)
    assert run.code == 0, run.stderr


def made(run):
    return int(re.search(r"'f(\d+)'", run.job["message"])[1])


def test_l_too_many_files(served):
    run = served("def azureml_main():\n    for i in range(100000):\n        open(f'f{i}', 'x').close()\n")
    failed(run, 1, "limit:disk", f"[Errno 28] No space left on device: 'f{made(run)}' (the limit is 1 GiB in 65536 files, 4 GiB each)")
    assert made(run) == 65536


DEEP = """
import os
def azureml_main():
    for i in range({depth}):
        if i == 30 or i == 40:
            open("x.png", "w").close()
        os.mkdir("d")
        os.chdir("d")
    return 1
"""


def test_l_deep_directories(served):
    """Who looks for pictures does not go all the way down."""
    run = served(DEEP.format(depth=3000))
    assert run.code == 0, run.stderr
    assert [warning.split(":")[0] for warning in run.job["warnings"]] == ["d/" * 30 + "x.png"]


def test_l_directories_without_end(served):
    """Each level costs more than the one above, by the kernel's checks; the time limit holds all the same."""
    run = served(DEEP.format(depth=100000), "--timeout", "3s")
    failed(run, 124, "limit:time", "the script ran longer than its time limit of 3 s")


def test_f_pictures_that_are_none(served):
    run = served("""
import os
def azureml_main():
    os.symlink("/etc/passwd", "a.png")
    os.mkfifo("b.png")
    with open("real", "wb") as file:
        file.write(b"no picture")
    os.link("real", "c.png")
    os.mkdir("d.png")
    os.symlink("/", "up")
    return 1
""")
    assert run.code == 0, run.stderr
    assert run.job["pictures"]["count"] == 0
    warnings = sorted(run.job["warnings"])
    assert warnings[:2] == [f"{name}: not a regular file that can be read, left out" for name in ("a.png", "b.png")]
    assert len(warnings) == 3 and warnings[2].startswith("c.png: ")
    assert "root:" not in (run.out / "visualization.json").read_text()
    assert not (run.out / "visualization.png").exists()


def test_b_few_open_files_are_enough_or_said(tmp_path):
    """The soft limit is raised; a hard one that is too low is named with its remedy."""
    script = tmp_path / "one.py"
    script.write_text("def azureml_main():\n    return 1\n")
    soft = subprocess.run(["bash", "-c", f"ulimit -Sn 64; {QUERN} run {script}"], capture_output=True, text=True)
    assert soft.returncode == 0, soft.stderr
    hard = subprocess.run(["bash", "-c", f"ulimit -n 64; {QUERN} run {script}"], capture_output=True, text=True)
    assert hard.returncode == 78
    assert "open files: expected a hard limit of 512 or more, found 64 (ulimit -Hn)" in hard.stderr


def test_f_a_script_that_puts_another_getpid(served):
    run = served("import os\nos.getpid = lambda: 1\ndef azureml_main():\n    return 1\n")
    assert run.code == 0, run.stderr
