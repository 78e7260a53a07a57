# SPDX-License-Identifier: Apache-2.0
"""What is said about scripts that fail, and that nothing a script does breaks the saying."""
import os

import pandas as pd
import pytest

from glue_job import run

import _quern


def raised(job, reason="EXCEPTION"):
    """(type, message, line) of a job that failed for this reason and gave no result."""
    assert job.status == 0
    assert job.raised["reason"] == getattr(_quern, f"REASON_{reason}"), job
    return job.raised["type"], job.raised["message"], job.raised["line"]


def test_m_traceback_shows_the_script_and_nothing_of_ours(tmp_path):
    script = "def deeper(x):\n    return 1 / x\n\ndef azureml_main(df):\n    # no\n    return deeper(0)\n"
    job = run(tmp_path, script, [pd.DataFrame({"a": [1]})])
    assert raised(job) == ("ZeroDivisionError", "division by zero", 6)
    assert job.err == ("Traceback (most recent call last):\n"
                       '  File "user_script.py", line 6, in azureml_main\n'
                       "    return deeper(0)\n"
                       "           ^^^^^^^^^\n"
                       '  File "user_script.py", line 2, in deeper\n'
                       "    return 1 / x\n"
                       "           ~~^~~\n"
                       "ZeroDivisionError: division by zero\n")


def test_m_chained_exceptions_are_complete(tmp_path):
    script = """def azureml_main():
    try:
        {}['k']
    except KeyError as error:
        raise ValueError('wrong') from error
"""
    job = run(tmp_path, script)
    assert raised(job) == ("ValueError", "wrong", 5)
    assert job.err == ("Traceback (most recent call last):\n"
                       '  File "user_script.py", line 3, in azureml_main\n'
                       "    {}['k']\n"
                       "    ~~^^^^^\n"
                       "KeyError: 'k'\n\n"
                       "The above exception was the direct cause of the following exception:\n\n"
                       "Traceback (most recent call last):\n"
                       '  File "user_script.py", line 5, in azureml_main\n'
                       "    raise ValueError('wrong') from error\n"
                       "ValueError: wrong\n")


def test_m_the_line_is_told_to_stand_in_azureml_main(tmp_path):
    assert run(tmp_path, "def azureml_main():\n    int('x')\n").in_entry
    os.rename(tmp_path / "work", tmp_path / "first")
    assert not run(tmp_path, "int('x')\n").in_entry


@pytest.mark.parametrize("dialect", ["classic", "studio"])
def test_m_classic_tells_the_traceback(tmp_path, dialect):
    job = run(tmp_path, "def azureml_main():\n    raise KeyError('ä')\n", dialect=dialect)
    assert job.traceback == job.err == ('Traceback (most recent call last):\n  File "user_script.py", line 2, in azureml_main\n'
                                        "    raise KeyError('ä')\nKeyError: 'ä'\n")


@pytest.mark.parametrize("dialect", ["designer", "quern"])
def test_m_others_tell_no_traceback(tmp_path, dialect):
    assert run(tmp_path, "def azureml_main():\n    raise KeyError('x')\n", dialect=dialect).traceback == ""


def test_m_classic_tells_a_traceback_of_what_has_none(tmp_path):
    job = run(tmp_path, "def azureml_main(:\n", dialect="classic")
    assert job.traceback == 'Traceback (most recent call last):\n' + job.err


def test_l_a_long_traceback_is_cut_in_the_middle(tmp_path):
    job = run(tmp_path, "def azureml_main():\n    raise ValueError('ä' * 1000 + 'z' * 9000 + 'end')\n", dialect="classic")
    assert len(job.traceback.encode()) in (4094, 4095)
    assert job.traceback.startswith("Traceback (most recent call last):\n") and job.traceback.endswith("zend\n")
    assert job.traceback.count("\n  ...\n") == 1


@pytest.mark.parametrize("script,kind,message,line,err", [
    ("def azureml_main(:\n    pass\n", "SyntaxError", "invalid syntax (user_script.py, line 1)", 1,
     '  File "user_script.py", line 1\n    def azureml_main(:\n                     ^\nSyntaxError: invalid syntax\n'),
    ("def azureml_main():\nreturn 1\n", "IndentationError",
     "expected an indented block after function definition on line 1 (user_script.py, line 2)", 2,
     '  File "user_script.py", line 2\n    return 1\n    ^^^^^^\n'
     "IndentationError: expected an indented block after function definition on line 1\n"),
    ("x = 1\nundefined\n", "NameError", "name 'undefined' is not defined", 2,
     'Traceback (most recent call last):\n  File "user_script.py", line 2, in <module>\n    undefined\n'
     "NameError: name 'undefined' is not defined\n"),
])
def test_m_scripts_that_do_not_load(tmp_path, script, kind, message, line, err):
    job = run(tmp_path, script)
    assert raised(job) == (kind, message, line)
    assert job.err == err


def test_f_script_with_nul(tmp_path):
    assert raised(run(tmp_path, b"x = 1\0\n"))[:2] == ("ValueError", "source code string cannot contain null bytes")


def test_m_script_in_another_encoding(tmp_path):
    script = "# -*- coding: latin-1 -*-\r\ndef azureml_main():\r\n    return 'é'\r\n".encode("latin-1")
    assert run(tmp_path, script).results[1]["column"].tolist() == ["é"]


def test_m_script_with_a_mark(tmp_path):
    assert run(tmp_path, "\ufeffdef azureml_main():\n    return 1\n").results[1]["column"].tolist() == [1]


def test_m_lines_are_shown_after_chdir_and_remove(tmp_path):
    script = "import os\nos.remove('user_script.py')\nos.chdir('/')\ndef azureml_main():\n    raise KeyError('x')\n"
    job = run(tmp_path, script)
    assert raised(job) == ("KeyError", "'x'", 5)
    assert "    raise KeyError('x')\n" in job.err


def test_m_line_without_azureml_main_is_the_innermost(tmp_path):
    script = "def f():\n    raise OSError(2, 'gone')\n\nf()\n"
    assert raised(run(tmp_path, script)) == ("FileNotFoundError", "[Errno 2] gone", 2)


@pytest.mark.parametrize("statement,code,err", [("sys.exit()", 0, ""), ("sys.exit(3)", 3, ""), ("sys.exit('so long')", 1, "so long\n"),
                                                ("raise SystemExit(-1)", 255, ""), ("sys.exit(257)", 1, "")])
def test_m_exit(tmp_path, statement, code, err):
    job = run(tmp_path, f"import sys\ndef azureml_main():\n    print('before')\n    {statement}\n")
    assert raised(job, "EXIT") == ("SystemExit", f"the script called sys.exit({repr(err[:-1]) if err else code})", 4)
    assert (job.raised["detail"], job.out, job.err) == (code, "before\n", err)


@pytest.mark.parametrize("kind", ["KeyboardInterrupt", "GeneratorExit", "BaseException", "StopIteration"])
def test_m_every_exception_counts(tmp_path, kind):
    assert raised(run(tmp_path, f"def azureml_main():\n    raise {kind}('x')\n")) == (kind, "x", 2)


def test_l_memory(tmp_path):
    script = "import numpy\ndef azureml_main():\n    return numpy.ones(1 << 45)\n"
    job = run(tmp_path, script)
    kind, message, line = raised(job, "LIMIT_MEMORY")
    assert (kind, line) == ("MemoryError", 3)
    assert message == "Unable to allocate 256. TiB for an array with shape (35184372088832,) and data type float64"


def test_l_memory_of_plain_python(tmp_path):
    script = """import resource
def azureml_main():
    size = int(open('/proc/self/statm').read().split()[0]) * 4096
    limit = size + (200 << 20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    return bytearray(1 << 30)
"""
    assert raised(run(tmp_path, script), "LIMIT_MEMORY") == ("MemoryError", "", 6)


def test_l_memory_while_results_are_written(tmp_path):
    script = """import resource, numpy as np
def azureml_main():
    made = np.ones(10_000_000)
    size = int(open('/proc/self/statm').read().split()[0]) * 4096
    resource.setrlimit(resource.RLIMIT_AS, (size + (20 << 20), size + (20 << 20)))
    return made
"""
    assert raised(run(tmp_path, script), "LIMIT_MEMORY")[1] == (
        "mapping a result of 80000320 bytes: Cannot allocate memory")


def test_l_full_disk(tmp_path):
    script = "import errno\ndef azureml_main():\n    raise OSError(errno.ENOSPC, 'No space left on device')\n"
    assert raised(run(tmp_path, script), "LIMIT_DISK") == ("OSError", "[Errno 28] No space left on device", 3)


def test_l_recursion(tmp_path):
    job = run(tmp_path, "def azureml_main(depth=0):\n    return azureml_main(depth + 1)\n")
    assert raised(job) == ("RecursionError", "maximum recursion depth exceeded", 2)
    assert "[Previous line repeated " in job.err


HOSTILE = {
    "text": "class E(Exception):\n    def __str__(self):\n        raise SystemExit(9)\n",
    "number": "class E(Exception):\n    def __str__(self):\n        return 5\n",
    "cause": "class E(Exception):\n    __cause__ = property(lambda self: 1 / 0)\n    __str__ = lambda self: 1 / 0\n",
    "loop": "class E(Exception):\n    def __str__(self):\n        raise self\n",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_f_hostile_exceptions(tmp_path, case):
    job = run(tmp_path, HOSTILE[case] + "\ndef azureml_main():\n    raise E('x')\n")
    assert raised(job)[:2] == ("E", "<exception str() failed>")
    assert "<exception str() failed>" in job.err


def test_f_exception_of_a_hostile_class(tmp_path):
    script = """class M(type):
    def __getattribute__(cls, name):
        raise RuntimeError(name)
class E(Exception, metaclass=M):
    pass
def azureml_main():
    raise E('x')
"""
    job = run(tmp_path, script)
    assert raised(job) == ("E", "x", 7)
    assert job.err == "E: x\n"


def test_f_exception_in_a_ring(tmp_path):
    script = """def azureml_main():
    a, b = ValueError('a'), ValueError('b')
    a.__cause__, b.__cause__ = b, a
    raise a
"""
    assert raised(run(tmp_path, script)) == ("ValueError", "a", 4)


def test_f_message_is_bounded(tmp_path):
    job = run(tmp_path, "def azureml_main():\n    raise ValueError('x' * 10_000_000)\n")
    assert raised(job) == ("ValueError", "x" * 4000, 2)


def test_f_text_of_a_cell_that_raises(tmp_path):
    script = """class Cell:
    def __str__(self):
        raise KeyError('cell')
import pandas as pd
def azureml_main():
    return pd.DataFrame({'x': [Cell(), 1]})
"""
    job = run(tmp_path, script)
    assert raised(job, "BAD_RESULT") == (
        "TypeError", "column 'x' cannot be stored: KeyError: 'cell'; make it text or numbers before it is returned, such as with "
        ".map(repr)", 3)
    assert "KeyError: 'cell'" in job.err
    assert "site-packages" not in job.err and "columns.py" not in job.err


def test_r_a_name_that_raises(tmp_path):
    script = """class Name:
    def __str__(self):
        raise KeyError('name')
import pandas as pd
def azureml_main():
    return pd.DataFrame({'x': [1], Name(): [2]})
"""
    job = run(tmp_path, script)
    assert raised(job, "BAD_RESULT") == (
        "TypeError", "the name of column 2 cannot be stored: KeyError: 'name'; name it with a text", 3)


def test_r_cells_that_are_too_deep(tmp_path):
    script = """import pandas as pd
def azureml_main():
    cell = []
    for _ in range(100_000):
        cell = [cell]
    return pd.DataFrame({'deep': pd.Series([cell], dtype=object)})
"""
    job = run(tmp_path, script)
    assert raised(job, "BAD_RESULT")[1].startswith("column 'deep' cannot be stored: RecursionError: maximum recursion depth ")


# ---- streams, forks, threads ----


def test_m_streams_are_apart_and_flushed(tmp_path):
    script = """import sys
print('at the top')
def azureml_main():
    print('no newline', end='')
    print('é\\ud800', file=sys.stderr, end='')
    sys.stdout = None
    sys.stderr = object()
    return 1
"""
    job = run(tmp_path, script)
    assert job.raised is None
    assert (job.out, job.err) == ("at the top\nno newline", "é\\ud800")


def test_f_replaced_stderr_hides_no_traceback(tmp_path):
    script = "import sys, io\nsys.stderr = sys.stdout = io.StringIO()\ndef azureml_main():\n    raise ValueError('seen')\n"
    job = run(tmp_path, script)
    assert job.err.endswith("ValueError: seen\n")


def test_f_closed_descriptors(tmp_path):
    script = "import os\ndef azureml_main(df):\n    os.closerange(3, 1000)\n    return df\n"
    job = run(tmp_path, script, [pd.DataFrame({"a": [1, 2], "s": ["x", "y"]})])
    assert job.results[1].values.tolist() == [[1, "x"], [2, "y"]]


def test_f_forked_copy_does_not_answer(tmp_path):
    script = """import os, sys
def azureml_main():
    pid = os.fork()
    if pid:
        _, status = os.waitpid(pid, 0)
        print('copy ended with', os.waitstatus_to_exitcode(status))
    else:
        print('copy', end=' ')
    return pid > 0
"""
    job = run(tmp_path, script)
    assert job.out == "copy copy ended with 0\n"
    assert job.results[1]["column"].tolist() == [True]


@pytest.mark.parametrize("statement,code", [("raise ValueError('in the copy')", 1), ("sys.exit(4)", 4)])
def test_f_forked_copy_that_fails(tmp_path, statement, code):
    script = f"""import os, sys
pid = os.fork()
if pid == 0:
    {statement}
_, status = os.waitpid(pid, 0)
print(os.waitstatus_to_exitcode(status))
def azureml_main():
    return 1
"""
    job = run(tmp_path, script)
    assert job.raised is None, job
    assert job.out == f"{code}\n"
    assert ("ValueError: in the copy" in job.err) == (code == 1)


def test_m_ends_as_a_program_ends(tmp_path):
    script = """import atexit, threading
gate = threading.Event()
log = open('log.txt', 'w')
log.write('kept')
def late():
    gate.wait()
    print('thread')
atexit.register(print, 'atexit')
def azureml_main():
    threading.Thread(target=late).start()
    threading.Timer(0.01, gate.set).start()
    return 1
"""
    job = run(tmp_path, script)
    assert job.out == "thread\natexit\n"
    assert (tmp_path / "work" / "log.txt").read_text() == "kept"
    assert job.results[1]["column"].tolist() == [1]


@pytest.mark.parametrize("end", ["raise KeyError('x')", "import sys; sys.exit(3)"])
def test_m_a_script_that_fails_ends_as_a_program_ends_too(tmp_path, end):
    job = run(tmp_path, f"import atexit\natexit.register(print, 'atexit')\ndef azureml_main():\n    {end}\n")
    assert job.out == "atexit\n"
    assert job.raised["type"] in ("KeyError", "SystemExit")


@pytest.mark.parametrize("script, word", [
    ("async def azureml_main():\n    return 1\n", "async"),
    ("def azureml_main():\n    yield 1\n", "yield"),
    ("async def azureml_main():\n    yield 1\n", "async and yield"),
])
def test_m_a_function_that_has_not_run_is_no_result(tmp_path, script, word):
    job = run(tmp_path, script)
    assert raised(job, "BAD_RESULT") == (
        "TypeError", f"azureml_main has not run: expected a plain function, found one with {word}", 0)
    assert "never awaited" not in job.err


def test_r_pools_that_nobody_shut_down_end_with_the_script(tmp_path):
    """Their idle threads are no daemons: unless told to end, they are waited for until the job's time is over."""
    script = """from concurrent.futures import ThreadPoolExecutor
from joblib import Parallel, delayed
def azureml_main():
    pool = ThreadPoolExecutor(2)
    first = pool.submit(abs, -1).result()
    second, third = Parallel(n_jobs=2)(delayed(abs)(i) for i in (-2, -3))
    return f'{first} {second} {third}'
"""
    job = run(tmp_path, script)
    assert job.raised is None, job.err
    assert job.results[1]["column"].tolist() == ["1 2 3"]


def test_r_a_pool_that_cannot_be_told_to_end_is_no_failure(tmp_path):
    script = """import threading
def stumble():
    raise OSError('closed already')
threading._register_atexit(stumble)
def azureml_main():
    return 1
"""
    job = run(tmp_path, script)
    assert job.raised is None, job.err
    assert job.results[1]["column"].tolist() == [1]
    assert "Exception ignored at the end of the script:\n" in job.err
    assert "OSError: closed already" in job.err
    assert "quern" not in job.err


# ---- surroundings ----


def test_f_random_numbers_differ_between_jobs(tmp_path):
    script = "import random, numpy\ndef azureml_main():\n    return f'{random.random()} {numpy.random.random()}'\n"
    made = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        made += run(tmp_path / name, script).results[1]["column"][0].split()
    assert len(set(made)) == 4


@pytest.mark.parametrize("before,after", [("import matplotlib\nmatplotlib.use('TkAgg')\n", ""),
                                          ("", "matplotlib.use('Qt5Agg')"), ("", "")])
def test_m_plots_without_a_screen(tmp_path, before, after):
    script = f"""{before}import matplotlib
import matplotlib.pyplot as plt
{after}
def azureml_main():
    plt.plot([1, 2])
    plt.show()
    plt.savefig('a plot.png')
    return matplotlib.get_backend()
"""
    job = run(tmp_path, script)
    assert job.raised is None, job.err
    assert job.results[1]["column"].tolist() == ["agg"] or job.results[1]["column"].tolist() == ["Agg"]
    assert (tmp_path / "work" / "a plot.png").read_bytes()[:4] == b"\x89PNG"


def test_m_debugger_gets_the_terminal(tmp_path):
    """pdb at the line that failed; what is typed comes from stdin, a terminal's other end here."""
    leader, terminal = os.openpty()
    os.write(leader, b"p secret * 2\nq\n")
    saved = os.dup(0)
    os.dup2(terminal, 0)
    try:
        job = run(tmp_path, "def azureml_main():\n    secret = 21\n    raise ValueError('x')\n", debug=True)
    finally:
        os.dup2(saved, 0)
        for fd in (saved, leader, terminal):
            os.close(fd)
    assert raised(job) == ("ValueError", "x", 3)
    assert "user_script.py(3)azureml_main()" in job.out and "(Pdb) 42" in job.out
