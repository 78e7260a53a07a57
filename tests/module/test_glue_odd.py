# SPDX-License-Identifier: Apache-2.0
"""Scripts as they are found: written on Windows, pasted from a notebook, for Python 2, with a window. The same under each
pandas."""
import os
import zipfile

import matplotlib.pyplot  # noqa: F401  the jobs are forks of this process
import pandas as pd
import pytest
import scipy.sparse  # noqa: F401

from glue_job import run

import _quern
from quern import frames

FRAME = pd.DataFrame({"a": [1, 2, 3], "k": ["x", "y", "x"]})
BUNDLE = {"b.csv": "a,b\n1,2\n", "deep/er/c.csv": "a,b\n3,4\n", "own.py": "X = 7\n", "two.py": "print 1\n", "a.png": "no picture\n"}


def bundled(directory, script):
    with zipfile.ZipFile(directory / "lib.zip", "w") as file:
        for name, text in BUNDLE.items():
            file.writestr(name, text)
    fd = os.open(directory / "lib.zip", os.O_RDONLY)
    try:
        return run(directory, script, [FRAME], bundle=fd, bundle_name="lib.zip")
    finally:
        os.close(fd)


SPELLINGS = [
    (r"'.\\Script Bundle\\b.csv'", 2), (r"'Script Bundle\\b.csv'", 2), (r"r'.\Script Bundle\b.csv'", 2),
    (r"'.\\Script Bundle/b.csv'", 2), (r"'Script Bundle\\deep\\er\\c.csv'", 4), (r"'.\\Script Bundle\\deep/er/c.csv'", 4),
    (r"os.path.join('.\\Script Bundle', 'deep\\er\\c.csv')", 4), (r"os.path.join('Script Bundle\\deep', 'er', 'c.csv')", 4),
]


@pytest.mark.parametrize("path,value", SPELLINGS)
def test_m_a_path_of_windows_leads_into_the_bundle(tmp_path, path, value):
    job = bundled(tmp_path, f"import os, pandas as pd\ndef azureml_main(d):\n    assert os.path.isfile({path})\n"
                            f"    return pd.read_csv({path})\n")
    assert job.raised is None, job.err
    assert job.results[1]["b"].tolist() == [value]


def test_m_modules_are_found_by_a_path_of_windows(tmp_path):
    script = r"""import sys
sys.path[:] = [one for one in sys.path if 'Script Bundle' not in one]
sys.path.insert(0, '.\\Script Bundle')
import own
def azureml_main(d):
    return own.X
"""
    job = bundled(tmp_path, script)
    assert job.raised is None and job.results[1]["column"].tolist() == [7], job.err


def test_m_who_does_not_spell_so_sees_nothing_of_it(tmp_path):
    script = "import os\ndef azureml_main(d):\n    return sorted(os.listdir('.')), sorted(os.listdir('Script Bundle'))\n"
    job = bundled(tmp_path, script)
    assert job.results[1]["column"].tolist() == ["Script Bundle", "logs", "outputs", "user_script.py"]
    assert job.results[2]["column"].tolist() == ["a.png", "b.csv", "deep", "own.py", "two.py"]
    script = script.replace("import os\n", "import os\n'.\\\\Script Bundle\\\\a.png'\n")
    (tmp_path / "b").mkdir()
    job = bundled(tmp_path / "b", script)
    names = job.results[1]["column"].tolist()
    assert ".\\Script Bundle\\deep\\er\\c.csv" in names and not [name for name in names if name.endswith(".png")]


WINDOWS = ["plt.switch_backend('TkAgg')", "matplotlib.rcParams['backend'] = 'MacOSX'", "plt.switch_backend('agg')",
           "plt.rcParams.update({'backend': 'Qt5Agg'})", "matplotlib.use('nbagg', force=True)", "plt.ion(); plt.pause(0.001)"]


@pytest.mark.parametrize("statement", WINDOWS)
def test_m_windows_of_matplotlib_are_not_opened(tmp_path, statement):
    script = f"""import matplotlib
import matplotlib.pyplot as plt
def azureml_main(d):
    {statement}
    plt.plot([1, 2]); plt.show(block=True); plt.gcf().canvas.draw(); plt.savefig('a.png')
    return matplotlib.get_backend().lower()
"""
    job = run(tmp_path, script, [FRAME])
    assert job.raised is None and job.results[1]["column"].tolist() == ["agg"], job.err


LAZY = [
    ("zip(d['a'], d['k'])", {"column_0": [1, 2, 3], "column_1": ["x", "y", "x"]}), ("map(int, d['a'])", {"column": [1, 2, 3]}),
    ("filter(None, [0, 5])", {"column": [5]}), ("{'p': 1, 'q': 2}.items()", {"column_0": ["p", "q"], "column_1": [1, 2]}),
    ("map(lambda name: d[[name]].head(1), ['a'])", {"a": [1]}),
    ("scipy.sparse.csr_matrix([[1, 0], [0, 2]])", {"column_0": [1, 0], "column_1": [0, 2]}),
]


@pytest.mark.parametrize("value,columns", LAZY)
def test_m_what_python_2_gave_as_a_list_is_one(tmp_path, value, columns):
    job = run(tmp_path, f"import scipy.sparse\ndef azureml_main(d):\n    return {value}\n", [FRAME])
    assert job.raised is None, job.err
    assert {name: job.results[1][name].tolist() for name in job.results[1]} == columns


def test_m_groups_as_dict_values_are_several_outputs(tmp_path):
    job = run(tmp_path, "def azureml_main(d):\n    return {k: g for k, g in d.groupby('k')}.values()\n", [FRAME])
    assert [job.results[port]["a"].tolist() for port in (1, 2)] == [[1, 3], [2]]


HINTS = [
    ("def azureml_main(d):\n    display(d)\n", "the name 'display' is not defined: this is a function of notebooks: print() it"),
    ("def azureml_main(d):\n    xrange(3)\n", "the name 'xrange' is Python 2's: write range"),
    ("%matplotlib inline\n", "this is a line of a notebook: take it out"),
    ("def azureml_main(d):\n    print d\n", "this is Python 2: write print(...)"),
    ("def azureml_main(data):\n    return dtaa\n", "did you mean 'data'?"),
    ("def azureml_main(d):\n    return pd.DataFrame()\n", "the name 'pd' is not defined: write import pandas as pd above"),
    ("def azureml_main(d):\n    return {}.has_key(1)\n", "this is Python 2: write key in mapping"),
    ("def azureml_main(d):\n    return d.heda()\n", "did you mean 'head'?"),
    ("import urllib2\n", "the module 'urllib2' is Python 2's: write urllib.request"),
    ("import collections\ncollections.Iterable\n", "is gone since Python 3.10: write collections.abc.Iterable"),
    ("def azureml_main(d):\n    import lightgbm.sklearn\n", "there is no module 'lightgbm' in this environment: `quern env create` "
     "makes one with it, and --bundle brings modules of your own"),
    ("def azure_main(d):\n    return d\n", "expected a function azureml_main(dataframe1, dataframe2), found azure_main"),
    ("def azureml_main(d):\n    return d['K']\n", "did you mean 'k'? the columns are a, k"),
    ("def azureml_main(d):\n    return d[['a', 'k']]['nothing']\n", "the columns are a, k"),
    ("open('C:\\\\data\\\\x.csv')\n", "a job sees no files but its own: --dataframe1 connects tables, and files of --bundle are in "
     "./Script Bundle"),
    ("def azureml_main(d):\n    input()\n", "a job has no keyboard: give it values with --param NAME=VALUE and read quern.params"),
    (b"x = '\xf6'\n", "save the file as UTF-8, or name its encoding in the first line: # -*- coding: latin-1 -*-"),
]


@pytest.mark.parametrize("script,hint", HINTS)
def test_m_a_failure_says_what_check_would_have_said(tmp_path, script, hint):
    job = run(tmp_path, script, [FRAME])
    assert job.raised and job.err.endswith(f"\nhint: {hint}\n")


@pytest.mark.parametrize("script", ["def azureml_main(d):\n    nothing\n", "def azureml_main(d:\n", "import ast\nast.parse('print 1')\n", "raise EOFError('no more')\n",
                                    "raise OSError(5, 'of a disk')\n"])
def test_m_other_failures_have_no_hint(tmp_path, script):
    job = run(tmp_path, script, [FRAME])
    assert job.raised and "hint" not in job.err


def test_m_python_2_in_the_bundle_is_named_too(tmp_path):
    job = bundled(tmp_path, "import two\ndef azureml_main(d):\n    return d\n")
    assert job.raised and job.err.endswith("\nhint: this is Python 2: write print(...)\n")


def test_m_a_pickle_from_ones_desk_finds_the_classes_of_the_script(tmp_path):
    script = r"""import pickle
class Model:
    def p(self): return 5
def azureml_main(d):
    try:
        pickle.loads(b"c__main__\nNothing\n.")
    except AttributeError as error:
        print(error)
    return pickle.loads(b"\x80\x04c__main__\nModel\n)\x81.").p()
"""
    job = run(tmp_path, script, [FRAME])
    assert job.raised is None and job.results[1]["column"].tolist() == [5], job.err
    assert "Nothing" in job.out


STRICT = ["import warnings; warnings.simplefilter('error')", "import numpy; numpy.seterr(all='raise')",
          "import pandas; pandas.set_option('display.max_rows', 0)", "import sys; sys.setrecursionlimit(80)",
          "import decimal; decimal.getcontext().prec = 2", "import os; os.environ.clear()", "import sys; sys.stdout = None",
          "import json; json.dumps = None", "import signal; signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)"]


@pytest.mark.parametrize("setting", STRICT)
def test_m_what_a_script_sets_for_itself_does_not_reach_its_results(tmp_path, setting):
    setting = "import signal; signal.signal(signal.SIGALRM, lambda *a: None)\n" + setting
    script = f"""{setting}
import datetime
def azureml_main(d):
    d["date"], d["mixed"], d["list"] = [datetime.date(2020, 1, 2)] * 3, ["a", 1, None], [[1], [2], [3]]
    d["inf"], d["word"] = [float("inf"), float("nan"), 1], d["k"].astype("category")
    return d
"""
    job = run(tmp_path, script, [FRAME], profile=_quern.PROFILE_NS if frames.PANDAS < (2, 0) else _quern.PROFILE_UNITS)
    assert job.raised is None, job.err
    assert job.results[1]["mixed"].tolist()[:2] == ["a", "1"] and job.results[1]["list"].tolist() == ["[1]", "[2]", "[3]"]
    assert job.results[1]["inf"][0] == float("inf") and job.results[1]["word"].tolist() == ["x", "y", "x"]
