"""What a user sees when a job cannot work: the exact message, the reason, the exit code; and that nothing else breaks."""
import json
import os
import re
import subprocess
import zipfile

import pytest

from fleet import PATIENCE_SECONDS, QUERN, ROOT
from remedies import REMEDIES

PIMA = str(ROOT / "examples" / "pima_diabetes.csv")
IDENTITY = "def azureml_main(dataframe1=None):\n    return dataframe1\n"
GOLDEN = ROOT / "tests" / "fixtures" / "arrow-golden"


def failed(run, code, reason, message):
    """Asserts the verdict everywhere it is told: exit code, terminal, record."""
    assert run.code == code, run.stderr
    assert run.job["state"] == "failed"
    assert run.job["reason"] == reason
    assert run.job["message"] == message
    assert run.job["exit_code"] == code
    assert f"{message} ({reason})" in run.stderr
    assert not (run.out / "dataset1.arrow").exists()
    return run


# ---- the script ----

def test_b_no_azureml_main(served):
    failed(served("x = 1\n"), 1, "exception", "AttributeError: module 'user_script' has no attribute 'azureml_main'")


NO_NETWORK = ("a job has no network: hand the data over with --dataframe1 or --input, or run in an environment whose descriptor says "
              "network = open")
NO_TERMINAL = ("a job has no terminal: `quern run --pdb` opens the debugger where a script fails, `quern debug JOB` that of a job on a "
               "queue")


def test_b_what_a_job_does_not_have_is_said(quern):
    """One job for all: each failure is looked at on its way out, as the last one is."""
    run = quern("""import socket, urllib.request
from quern.lint import advice
def azureml_main():
    for attempt in (breakpoint, socket.socket, lambda: urllib.request.urlopen("http://quern.invalid/x.csv"),
                    lambda: socket.create_connection(("127.0.0.1", 1))):
        try:
            attempt()
            raise SystemExit(3)
        except Exception as error:
            print(advice.of(error))
    urllib.request.urlopen("http://quern.invalid/x.csv")
""")
    assert (run.code, run.job["reason"]) == (1, "exception")
    told = [line for line in (run.out / "stdout.txt").read_text().splitlines() if line.startswith("a job has no ")]
    assert told == [NO_TERMINAL, NO_NETWORK, NO_NETWORK, NO_NETWORK]
    assert f"\nhint: {NO_NETWORK}\n" in run.stderr


def test_b_syntax_error(quern):
    run = failed(quern("import os\ndef azureml_main(:\n"), 1, "exception", "SyntaxError: invalid syntax (user_script.py, line 2)")
    assert run.job["exception"] == {"type": "SyntaxError", "message": "invalid syntax (user_script.py, line 2)", "line": 2}


def test_b_exception_shows_the_scripts_own_lines_and_nothing_of_ours(quern):
    script = "def helper(x):\n    return 1 / x\n\ndef azureml_main():\n    return helper(0)\n"
    run = failed(quern(script), 1, "exception", "ZeroDivisionError: division by zero")
    assert run.script_err == (
        "Traceback (most recent call last):\n"
        '  File "user_script.py", line 5, in azureml_main\n    return helper(0)\n           ^^^^^^^^^\n'
        '  File "user_script.py", line 2, in helper\n    return 1 / x\n           ~~^~~\n'
        "ZeroDivisionError: division by zero\n")
    assert run.job["exception"] == {"type": "ZeroDivisionError", "message": "division by zero", "line": 5}
    assert "script.py:5    return helper(0)" in run.stderr


def test_b_an_exception_while_the_result_is_written_is_named_with_its_line(quern):
    script = ("import pandas as pd\nclass Cell:\n    def __str__(self):\n        raise ValueError('no text')\n"
              "def azureml_main():\n    return pd.DataFrame({'a': [Cell(), 1]})\n")
    message = ("column 'a' cannot be stored: ValueError: no text; make it text or numbers before it is returned, such as with "
               ".map(repr)")
    run = failed(quern(script), 1, "bad_result", f"TypeError: {message}")
    assert run.job["exception"] == {"type": "TypeError", "message": message, "line": 4}
    assert "script.py:4    raise ValueError('no text')" in run.stderr


def test_b_sys_exit(served):
    failed(served("import sys\ndef azureml_main():\n    sys.exit(3)\n"), 1, "exit:3", "SystemExit: the script called sys.exit(3)")


def test_b_os_exit(served):
    failed(served("import os\ndef azureml_main():\n    os._exit(7)\n"), 1, "exit:7",
           "the script ended its process with code 7 and returned nothing")


def test_b_segfault(served):
    failed(served("import ctypes\ndef azureml_main():\n    ctypes.string_at(0)\n"), 1, "signal:SIGSEGV",
           "the script's process died of SIGSEGV")


def test_l_endless_loop(served):
    run = failed(served("print('begun')\ndef azureml_main():\n    while True: pass\n", "--timeout", "1s"), 124,
                 "limit:time", "the script ran longer than its time limit of 1 s")
    assert run.script_out == "begun\n"


def test_l_memory_beyond_the_limit(served):
    script = ("import numpy as np\ndef azureml_main():\n"
              "    kept = [np.ones(1 << 24) for _ in range(100)]\n    return len(kept)\n")
    failed(served(script, "--memory", "512M"), 137, "limit:memory",
           "the script needed more than its memory limit of 512 MiB: Unable to allocate 128. MiB for an array with "
           "shape (16777216,) and data type float64")


def test_l_memory_error_that_is_caught_is_no_failure(served):
    script = ("def azureml_main():\n    try:\n        bytearray(1 << 40)\n    except MemoryError:\n"
              "        return 'caught'\n")
    assert served(script, "--memory", "512M").code == 0


def test_b_result_that_is_no_frame(served):
    failed(served("def azureml_main():\n    return {'a': [1, 2], 'b': [1]}\n"), 1, "bad_result",
           "Unsupported return type. Failed to convert return value from type <class 'dict'> to type pd.DataFrame.")


SEND_RUBBISH = """
import os, socket
from quern import channel
def azureml_main():
    for fd in range(3, 256):
        if fd == channel.line.fileno():  # test_script_requests.py has its attacks
            continue
        try:
            socket.socket(fileno=os.dup(fd), family=1, type=5).send({what})
        except OSError:
            pass
    return 1
"""


def test_f_child_that_writes_rubbish_to_the_worker(served):
    failed(served(SEND_RUBBISH.format(what="b'x' * 100")), 1, "bad_result",
           "the script's process sent a record that is none")


FORGE = """
import array, fcntl, os, socket, stat, struct
from quern import channel
def sealed(content):
    for fd in range(3, 256):  # in one of them is the file of the result
        if fd != channel.line.fileno() and is_socket(fd):
            _, sent, _, _ = socket.socket(fileno=os.dup(fd), family=1, type=5).recvmsg(8192, socket.CMSG_SPACE(4))
            break
    fd, = struct.unpack("i", sent[0][2])
    os.write(fd, content)
    fcntl.fcntl(fd, 1033, 15)
    return fd
def is_socket(fd):
    try:
        return stat.S_ISSOCK(os.fstat(fd).st_mode)
    except OSError:
        return False
def azureml_main():
    record = struct.pack("<IIIIiIQ", 3, 1, 0, 0, 0, 0, 5).ljust({size}, b"\\0")
    fds = array.array("i", [{fd}])
    for fd in range(3, 256):
        if fd == channel.line.fileno():
            continue
        try:
            socket.socket(fileno=os.dup(fd), family=1, type=5).sendmsg([record], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
        except OSError:
            pass
    return None, 1
"""
RECORD_BYTES = 32 + 256 + 4096


@pytest.mark.parametrize("fd, message", [
    pytest.param("sealed(b'rubbish' * 1000)", "dataset1: segment: expected it to begin with QUERNSEG, found other bytes", id="sealed"),
    pytest.param("os.open('/dev/shm/rubbish', os.O_RDWR | os.O_CREAT)", "expected a sealed memory file, found one with seals 0x1", id="unsealed"),
    pytest.param("os.open('/dev/zero', os.O_RDONLY)",
                 "expected a sealed memory file, found another kind of descriptor", id="device"),
])
def test_f_child_that_writes_rubbish_into_its_result(served, fd, message):
    failed(served(FORGE.format(fd=fd, size=RECORD_BYTES)), 1, "bad_result", message)


# ---- the inputs ----

def test_b_directory_as_input_is_usage(quern, tmp_path):
    run = quern(IDENTITY, "--dataframe1", str(tmp_path))
    assert (run.code, run.stderr) == (2, f"error: --dataframe1: {tmp_path}: expected a file, found a directory\n")


def test_b_missing_file_is_usage(quern):
    run = quern(IDENTITY, "--dataframe1", "./nope.csv")
    assert (run.code, run.stderr) == (2, "error: --dataframe1: there is no file './nope.csv'\n")


@pytest.mark.parametrize("content, found", [
    pytest.param(b"hello\n", "text; a table of text is called .csv or .tsv", id="text"),
    pytest.param(b"", "an empty file", id="empty"),
    pytest.param(b"PAR1" + bytes(64), f"a Parquet file; as Arrow: {REMEDIES['PARQUET']}", id="parquet"),
    pytest.param(b"FEA1" + bytes(64), f"a Feather version 1 file; as version 2: {REMEDIES['REWRITE']}", id="feather"),
    pytest.param(b"\x1f\x8b\x08" + bytes(64), "gzip-compressed data; unpack it: gunzip FILE", id="gzip"),
    pytest.param(b"PK\3\4" + bytes(64), "a zip archive; unpack it: unzip FILE", id="zip"),
])
def test_b_not_arrow(served, tmp_path, content, found):
    (tmp_path / "x.arrow").write_bytes(content)
    run = served(IDENTITY, "--dataframe1", str(tmp_path / "x.arrow"))
    assert run.code == 1 and run.job["reason"] == "bad_input"
    assert run.job["message"] == f"x.arrow: expected an Arrow IPC file, found {found}"
    assert run.job["error"]["details"][0]["message"].startswith("Error 0049: ")


def test_f_truncated_arrow_is_refused(served, tmp_path):
    whole = (GOLDEN / "2.0.0-compression" / "generated_zstd.arrow_file").read_bytes()
    (tmp_path / "x.arrow").write_bytes(whole[:len(whole) // 2])
    run = served(IDENTITY, "--dataframe1", str(tmp_path / "x.arrow"))
    assert run.code == 1 and run.job["reason"] == "bad_input"
    assert run.job["message"] == "x.arrow: the Arrow IPC file is cut: it begins with ARROW1 but does not end with it"


def test_b_csv_with_a_cell_too_many(served, tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n1,2\n1,2,3\n")
    failed(served(IDENTITY, "--dataframe1", str(tmp_path / "x.csv")), 1, "bad_input",
           "x.csv: line 3, column 5: expected 2 cells, as there are names, found more")


def test_b_empty_csv(served, tmp_path):
    (tmp_path / "x.csv").write_text("")
    failed(served(IDENTITY, "--dataframe1", str(tmp_path / "x.csv")), 1, "bad_input",
           "x.csv: the file is empty: expected a header line")


# ---- the bundle ----

def bundle(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in entries:
            zipped.writestr(name, content)
    return str(path)


def link(name, target):
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, 0o120777 << 16
    return info, target


def test_b_zip_that_is_none(served, tmp_path):
    (tmp_path / "x.zip").write_bytes(b"not a zip at all")
    run = failed(served("def azureml_main(): pass\n", "--bundle", str(tmp_path / "x.zip")), 1, "bad_input",
                 "Script Bundle: error 0102: Given ZIP file is not in the correct format.")
    assert run.job["error"]["details"][0]["message"] == "Error 0102: Given ZIP file is not in the correct format."


@pytest.mark.parametrize("entry, message", [
    (("../slip.py", "x"), 'Script Bundle: "../slip.py": expected a name without ..'),
    (("/etc/slip.py", "x"), 'Script Bundle: "/etc/slip.py": expected a relative name'),
    (link("link.py", "/etc/passwd"), 'Script Bundle: "link.py": expected a file or a folder, found a link'),
])
def test_f_zip_that_slips_out_or_links(served, tmp_path, entry, message):
    failed(served("def azureml_main(): pass\n", "--bundle", bundle(tmp_path / "x.zip", [entry])), 1, "bad_input",
           message)


def test_f_zip_bomb(served, tmp_path):
    path = bundle(tmp_path / "x.zip", [("zeros", bytes(64 << 20))])
    run = served("def azureml_main(): pass\n", "--bundle", path)
    assert run.code == 1 and run.job["reason"] in ("bad_input", "limit:disk")
    assert run.job["message"].startswith("Script Bundle: "), run.job["message"]


# ---- and after all that, a good one ----

def test_b_the_same_command_works_with_a_good_script(quern):
    run = quern(IDENTITY, "--dataframe1", PIMA)
    assert run.code == 0 and run.job["state"] == "succeeded" and run.job["reason"] is None
    assert run.job["outputs"][-1]["rows"] == 768


# ---- the disk ----

ON_A_SMALL_DISK = """mount -t tmpfs -o size=256k tmpfs "$1" && "$2" run "$3" -o "$1/out"
code=$?
cat "$1/out/job.json"
ls "$1/out"
exit $code
"""


def test_l_a_result_that_does_not_fit_on_the_disk(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import numpy, pandas\ndef azureml_main():\n"
                      "    return pandas.DataFrame({'x': numpy.random.random(100000)})\n")
    disk = tmp_path / "disk"
    disk.mkdir()
    done = subprocess.run(["unshare", "-rm", "sh", "-c", ON_A_SMALL_DISK, "sh", disk, QUERN, script],
                          capture_output=True, text=True, timeout=PATIENCE_SECONDS, stdin=subprocess.DEVNULL,
                          env=dict(os.environ, XDG_DATA_HOME=str(tmp_path / "data")))
    record, files = done.stdout[:done.stdout.rindex("}") + 1], done.stdout[done.stdout.rindex("}") + 1:].split()
    job = json.loads(record[record.index("{"):])
    assert done.returncode == job["exit_code"] == 75, done.stderr
    assert job["reason"] == "unwritable"
    assert re.fullmatch(re.escape(f"{disk}/out/dataset1.arrow: writing the Arrow file at byte ") +
                        r"\d+: No space left on device; free space there, or name another directory", job["message"])
    assert job["outputs"] == []
    assert files == ["job.json", "stderr.txt", "stdout.txt", "visualization.json"]
