# SPDX-License-Identifier: Apache-2.0
"""The acceptance list of the module's contract: one test per line, in its order, each under the dialects that it names (none
named: all) and under pandas 1.5, 2 and 3.

Dialects: c classic, s studio, d designer, q quern. Lines 60 to 62 are the services'; the SDK as a whole (46, 57 to 59) is in
test_script_standins.py.
"""
import functools
import re
import socketserver
import stat
import struct
import threading
import zipfile

import pytest

from acceptance import Arena, Runner, pictures, png_size
from arrow_file import FLOAT, Array, Field, File, Scalar, with_zstd
from fleet import ROOT, eventually
from test_zero_copy import measured

ALL = "csdq"
DESIGNER_SAMPLE = """
def azureml_main(dataframe1=None, dataframe2=None):
    print(f'Input pandas.DataFrame #1: {dataframe1}')
    return dataframe1,
"""
CLASSIC_SAMPLE = r"""
def azureml_main(dataframe1=None, dataframe2=None):
    print('Input pandas.DataFrame #1:\r\n\r\n{0}'.format(dataframe1))
    return dataframe1,
"""
ARRAY = """
import numpy as np, pandas as pd
def array(*items):
    made = np.empty(len(items), object)
    made[:] = items
    return made
"""
FOUR = {"a": [1, 2, 3, 4], "b": ["w", "x", "y", "z"]}
TWO = {"c": [0.5, 1.5]}


@pytest.fixture(scope="module")
def arena():
    made = Arena()
    yield made
    made.close()


@pytest.fixture(params=(1, 2, 3), ids=("pandas1", "pandas2", "pandas3"))
def run(request, arena):
    return Runner(arena, request.param)


def cells(frame):
    """{name: values}, None where one is missing."""
    return {name: [None if cell is None or cell != cell else cell for cell in frame[name].tolist()] for name in frame.columns}


# ---- calling ----

def test_m_01(run):
    """[d,q] Boilerplate script, 4x2 frame on port 1 → output 1 equal, output 2 empty, stdout starts `Input pandas.DataFrame #1: `."""
    for job in run("dq", DESIGNER_SAMPLE, "four"):
        assert cells(job.frame(1)) == FOUR and job.frame(2).empty
        assert job.out.startswith("Input pandas.DataFrame #1: ")


def test_m_02(run):
    """[c,s] Classic boilerplate → same data; stdout contains `Input pandas.DataFrame #1:` CR LF CR LF."""
    for job in run("cs", CLASSIC_SAMPLE, "four"):
        assert cells(job.frame(1)) == FOUR
        assert "Input pandas.DataFrame #1:\r\n\r\n" in job.out


def test_m_03(run):
    """No inputs, two defaulted parameters → both `None`; a script that builds a 1x1 frame returns it."""
    for job in run(ALL, "import pandas as pd\ndef azureml_main(dataframe1=None, dataframe2=None):\n"
                        "    print(dataframe1, dataframe2)\n    return pd.DataFrame({'x': [7]}),\n"):
        assert job.out == "None None\n"
        assert cells(job.frame()) == {"x": [7]}


def test_m_04(run):
    """Zero-parameter function, no inputs, returning a bare 7x2 frame → that frame is output 1."""
    for job in run(ALL, "import pandas as pd\ndef azureml_main():\n    return pd.DataFrame({'n': range(7), 'm': list('abcdefg')})\n"):
        assert cells(job.frame()) == {"n": list(range(7)), "m": list("abcdefg")}


def test_m_05(run):
    """One parameter, port 1 connected → gets the frame; ports 1 and 2: [d,q] second ignored; [c,s] TypeError → 0085."""
    script = "def azureml_main(frame):\n    return frame\n"
    one, ignored, refused = run(ALL, script, "four"), run("dq", script, "four", "two"), run("cs", script, "four", "two")
    for job in one + ignored:
        assert cells(job.frame(1)) == FOUR and job.frame(2).empty
    for job in refused:
        assert "TypeError: azureml_main() takes 1 positional argument but 2 were given" in job.told


def test_m_06(run):
    """Two frames → the second positional argument is port 2."""
    for job in run(ALL, "def azureml_main(first, second):\n    return second,\n", "four", "two"):
        assert cells(job.frame()) == TWO


def test_m_07(run):
    """Only port 2 connected: [c,s] it is the first argument; [d,q] `(None, df2)`."""
    for job in run("cs", "def azureml_main(*given):\n    print(len(given))\n    return given[0]\n", None, "two"):
        assert job.out == "1\n" and cells(job.frame()) == TWO
    for job in run("dq", "def azureml_main(first, second):\n    print(first)\n    return second\n", None, "two"):
        assert job.out == "None\n" and cells(job.frame()) == TWO


def test_m_08(run):
    """Three required parameters, ports 1 and 2 connected: [c,s,d] 0085 with "missing 1 required positional argument"; [q] the third
    is `None`."""
    script = "def azureml_main(a, b, c):\n    print(c)\n    return b\n"
    for job in run("csd", script, "four", "two"):
        assert "missing 1 required positional argument" in job.told
    for job in run("q", script, "four", "two"):
        assert job.out == "None\n" and cells(job.frame()) == TWO


def test_m_09(run):
    """No `azureml_main` → 0085 with "has no attribute 'azureml_main'"."""
    for job in run(ALL, "def azureml_mian(a, b):\n    return a\n", "four"):
        assert "has no attribute 'azureml_main'" in job.told


def test_m_10(run):
    """Two definitions → the last runs."""
    for job in run(ALL, "def azureml_main(df):\n    return None\ndef azureml_main(df):\n    return df\n", "four"):
        assert cells(job.frame()) == FOUR


def test_m_11(run):
    """Arbitrary parameter names work; a parameter's own default is honoured where the dialect does not pass it."""
    script = "def azureml_main(größe, alpha=0.1):\n    print(alpha)\n    return größe\n"
    for job in run(ALL, script, "four"):
        assert job.out == ("None\n" if job.letter == "d" else "0.1\n") and cells(job.frame()) == FOUR


def test_m_12(run, arena):
    """A connected bundle adds no parameter."""
    flags = ["--bundle", arena.zip("Hello.zip", {"Hello.py": ""})]
    for job in run(ALL, "def azureml_main(df):\n    return df\n", "four", flags=flags):
        assert cells(job.frame()) == FOUR
    for job in run(ALL, "def azureml_main():\n    return 5\n", flags=flags):
        assert cells(job.frame()) == {"column": [5]}


# ---- results ----

def test_m_13(run):
    """`return df`, `return df,`, `return [df]` and an object array holding `df` are equal."""
    jobs = [run(ALL, f"{ARRAY}def azureml_main(df):\n    return {value}\n", "four") for value in ("df", "df,", "[df]", "array(df)")]
    for job in sum(jobs, []):
        assert cells(job.frame()) == FOUR and job.outputs == ["dataset1"]


def test_m_14(run):
    """`return df1, df2`: [d,q] two datasets; [c,s] the first, plus a warning."""
    for job in run(ALL, "def azureml_main(df1, df2):\n    return df1, df2\n", "four", "two"):
        assert cells(job.frame(1)) == FOUR
        if job.letter in "dq":
            assert cells(job.frame(2)) == TWO and job.warnings == []
        else:
            assert job.outputs == ["dataset1"]
            assert job.warnings == [f"azureml_main: output2 is dropped: the dialect {job.dialect} has 1 output(s)"]


def test_m_15(run):
    """The same frame twice → two equal outputs."""
    for job in run(ALL, "def azureml_main(df):\n    df.columns = ['x', 'x']\n    return df, df\n", "four"):
        assert job.outputs == (["dataset1", "dataset2"] if job.letter in "dq" else ["dataset1"])
        assert all(list(job.frame(port).iloc[:, 0]) == FOUR["a"] for port in range(1, len(job.outputs) + 1))


def test_m_16(run):
    """`return` / `None` → both outputs empty, job finished."""
    for job in run(ALL, "def azureml_main(df):\n    return\n", "four") + run(ALL, "def azureml_main(df):\n    pass\n", "four"):
        assert job.frame(1).empty and job.frame(2).empty


def test_m_17(run):
    """`(df, None)` → output 2 empty; a 3-tuple: [d] third ignored, [q] `output3`; `()` never harms the worker."""
    pair, three, none = (run(ALL, f"def azureml_main(df):\n    return {value}\n", "four") for value in ("df, None", "df, df, df", "()"))
    for job in pair:
        assert cells(job.frame(1)) == FOUR and job.frame(2).empty
    for job in three:
        expected = {"d": ["dataset1", "dataset2"], "q": ["dataset1", "dataset2", "output3"]}
        assert job.outputs == expected.get(job.letter, ["dataset1"])
    for job in none:
        if job.letter == "d":
            assert job.told == "tuple index out of range"
        else:
            assert job.outputs == []
            assert job.warnings == ["azureml_main: an empty sequence was returned: the outputs are empty"]
    for job in run(ALL, "def azureml_main(df):\n    return df\n", "four"):
        assert cells(job.frame()) == FOUR


def test_m_18(run):
    """dict, 1-D and 2-D arrays, list, Series, scalar → columns `column` / `column_0`…; [q] a dict of frames → named outputs."""
    expected = {"{'x': [1, 2], 'y': [3, 4]}": {"x": [1, 2], "y": [3, 4]}, "np.arange(3)": {"column": [0, 1, 2]},
                "np.ones((2, 3))": {"column_0": [1, 1], "column_1": [1, 1], "column_2": [1, 1]},
                "np.ones((2, 1))": {"column": [1, 1]}, "['a', 'b']": {"column": ["a", "b"]},
                "pd.Series([1.5], index=['k'])": {"column": [1.5]}, "'text'": {"column": ["text"]}}
    jobs = {value: run(ALL, f"{ARRAY}def azureml_main():\n    return {value}\n") for value in expected}
    for value, made in jobs.items():
        for job in made:
            assert cells(job.frame()) == expected[value]
    for job in run("q", "def azureml_main(df, other):\n    return {'one': df, 'two.x': other}\n", "four", "two"):
        assert job.outputs == ["one", "two.x"]
        assert cells(job.frame("one")) == FOUR and cells(job.frame("two.x")) == TWO


def test_m_19(run):
    """Unconvertible value (dict of unequal lists) → 0085 "Unsupported return type. Failed to convert return value from type"."""
    for job in run(ALL, "def azureml_main():\n    return {'a': [1, 2], 'b': [1]}\n"):
        assert ("Unsupported return type. Failed to convert return value from type <class 'dict'> to type pd.DataFrame."
                in job.told)


def test_m_20(run):
    """A pickled model in a cell survives and unpickles in a second job."""
    trained = run(ALL, """
import pickle
import numpy as np, pandas as pd
from sklearn.linear_model import LinearRegression
def azureml_main():
    model = LinearRegression().fit(np.arange(10.0).reshape(-1, 1), np.arange(10.0) * 2 + 1)
    return pd.DataFrame({"model": [pickle.dumps(model)]})
""")
    for job in run(ALL, "import pickle\ndef azureml_main(df):\n    return pickle.loads(df['model'][0]).predict([[100.0]])\n",
                   run.again(trained)):
        assert job.frame()["column"].round(6).tolist() == [201.0]


# ---- types ----

def test_m_21(run):
    """int64, float64 and string columns round-trip bit-exact: 2^53+1, -0.0, non-ASCII, empty string is not missing."""
    made = run(ALL, """
import pandas as pd
def azureml_main():
    return pd.DataFrame({"i": [2**53 + 1, -2**63, 2**63 - 1], "f": [-0.0, 5e-324, 0.1], "s": ["Zoë 漢 \U0001f600", "", None]})
""")
    for job in run(ALL, "def azureml_main(df):\n    print(df.dtypes.astype(str).tolist()[:2], df['s'].isnull().tolist())\n    return df\n",
                   run.again(made)):
        frame = job.frame()
        assert job.out == "['int64', 'float64'] [False, False, True]\n"
        assert frame["i"].tolist() == [2**53 + 1, -2**63, 2**63 - 1]
        assert struct.pack("3d", *frame["f"]) == struct.pack("3d", -0.0, 5e-324, 0.1)
        assert cells(frame)["s"] == ["Zoë 漢 \U0001f600", "", None]


def test_m_22(run):
    """Missing strings and numbers are `isnull()` in the script; NaN, None, NaT, `pd.NA` come back missing."""
    for job in run(ALL, """
import numpy as np, pandas as pd
def azureml_main(df):
    print(df.isnull().values.tolist())
    return pd.DataFrame({"nan": [1.5, np.nan], "none": ["x", None], "nat": [pd.Timestamp("2020-01-01"), pd.NaT],
                         "na": pd.array([1, pd.NA], dtype="Int64"), "objects": pd.Series(["x", pd.NA], dtype=object)})
""", "gaps"):
        assert job.out == "[[False, False], [True, True], [False, False]]\n"
        assert job.frame().isnull().values.tolist() == [[False] * 5, [True] * 5]


def test_m_23(run):
    """The input index is 0..n-1 also when the producer had filtered rows."""
    made = run(ALL, "def azureml_main(df):\n    return df[df['a'] > 2]\n", "four")
    for job in run(ALL, "def azureml_main(df):\n    print(df.index.tolist(), df.index.dtype)\n    return df\n", run.again(made)):
        assert job.out == "[0, 1] int64\n"
        assert cells(job.frame()) == {"a": [3, 4], "b": ["y", "z"]}


def test_m_24(run):
    """`set_index('k')` → index dropped; a pivot loses its index and has text column names."""
    for job in run(ALL, "def azureml_main(df):\n    return df.set_index('a')\n", "four"):
        assert cells(job.frame()) == {"b": FOUR["b"]}
    for job in run(ALL, "import pandas as pd\ndef azureml_main():\n    return pd.DataFrame({'k': [1, 1, 2], 'c': [7, 8, 7], "
                        "'v': [1.5, 2.5, 3.5]}).pivot(index='k', columns='c', values='v')\n"):
        assert cells(job.frame()) == {"7": [1.5, 3.5], "8": [2.5, None]}


def test_m_25(run):
    """Integer names become "0", "1", …; mixed integer and text names all become text."""
    for job in run(ALL, "import pandas as pd\ndef azureml_main():\n    return pd.DataFrame([[1, 2, 3]])\n"):
        assert list(job.frame().columns) == ["0", "1", "2"]
    for job in run(ALL, "import pandas as pd\ndef azureml_main():\n    return pd.DataFrame([[1, 2, 3]], columns=[7, 'x', ('y', 1)])\n"):
        assert list(job.frame().columns) == ["7", "x", "('y', 1)"]


DUPLICATES = "import pandas as pd\ndef azureml_main():\n    return pd.DataFrame([[1, 2, 3]], columns={})\n"


def test_m_26(run):
    """a,a,a → [c,q] `a`, `a (2)`, `a (3)`; [s] `a`, `a (1)`, `a (2)`; [d] `a`, `a_0`, `a_1`; a taken name moves to the next free
    number."""
    plain = {"c": ["a", "a (2)", "a (3)"], "s": ["a", "a (1)", "a (2)"], "d": ["a", "a_0", "a_1"], "q": ["a", "a (2)", "a (3)"]}
    for job in run(ALL, DUPLICATES.format(["a", "a", "a"])):
        assert list(job.frame().columns) == plain[job.letter]
    for letter, expected in plain.items():
        first, taken, _ = expected
        (job,) = run(letter, DUPLICATES.format([first, taken, "a"]))
        assert list(job.frame().columns) == expected
    for job in run("cq", DUPLICATES.format(["a", "a", "a (2)"])):
        assert list(job.frame().columns) == ["a", "a (3)", "a (2)"]


def test_m_27(run):
    """After `str()`, columns `1` and `"1"` count as duplicates."""
    expected = {"c": "1 (2)", "s": "1 (1)", "d": "1_0", "q": "1 (2)"}
    for job in run(ALL, DUPLICATES.format([1, "1", 2])):
        assert list(job.frame().columns) == ["1", expected[job.letter], "2"]


def test_m_28(run):
    """datetime64, timedelta, bool, category (also Interval) stored as specified, no crash."""
    for job in run(ALL, """
import numpy as np, pandas as pd
def azureml_main():
    return pd.DataFrame({"when": pd.Series(np.array(["2020-01-02T03:04:05", "NaT"], "M8[ns]")), "bool": [True, False],
                         "long": pd.Series(np.array([5, "NaT"], "m8[ns]")), "maybe": pd.Series([True, None], dtype=object),
                         "zone": pd.Series(pd.DatetimeIndex(["2020-01-02", None])).dt.tz_localize("Europe/Berlin"),
                         "kind": pd.Categorical(["x", None], categories=["y", "x"], ordered=True),
                         "cut": pd.cut([1, 7], [0, 5, 9])})
"""):
        frame = job.frame()
        assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == {
            "when": "datetime64[ns]", "bool": "bool", "long": "timedelta64[ns]", "maybe": "object",
            "zone": "datetime64[ns, Europe/Berlin]", "kind": "category", "cut": "category"}
        assert str(frame["when"][0]) == "2020-01-02 03:04:05" and frame["long"][0].value == 5
        assert frame.isnull().values.tolist()[1] == [True, False, True, True, True, True, False]
        assert frame["kind"].cat.ordered and frame["kind"].cat.categories.tolist() == ["y", "x"]
        assert frame["cut"].astype(str).tolist() == ["(0, 5]", "(5, 9]"]


def test_m_29(run):
    """Cells holding lists or dicts → documented representation, no crash."""
    script = "import pandas as pd\ndef azureml_main():\n    return pd.DataFrame({'c': [[1, 'x'], {'k': None}, None]})\n"
    for job in run(ALL, script):
        assert cells(job.frame()) == {"c": ['[1, "x"]', '{"k": null}', None]}
        assert b"arrow.json" in job.bytes_of("dataset1")
        assert job.warnings == ["dataset1: column 'c': list or dict is stored as JSON text"]
    for job in run(ALL, script, flags=["--strict"]):
        assert "column 'c' cannot be stored: TypeError: it holds a mixture of list, dict, and the job is strict" in job.told


def test_m_30(run):
    """An empty frame keeps its columns; 0x0 works; 10,000 columns work."""
    for job in run(ALL, "def azureml_main(df):\n    return df[:0]\n", "four"):
        assert cells(job.frame()) == {"a": [], "b": []}
    for job in run(ALL, "import pandas as pd\ndef azureml_main():\n    return pd.DataFrame()\n"):
        assert job.frame().shape == (0, 0) and job.outputs == ["dataset1"]
    wide = run(ALL, "import numpy as np, pandas as pd\ndef azureml_main():\n    return pd.DataFrame(np.ones((2, 10000)))\n")
    for job in run(ALL, "def azureml_main(df):\n    return str(df.shape)\n", run.again(wide)):
        assert cells(job.frame()) == {"column": ["(2, 10000)"]}


def test_m_31(run, arena):
    """`df['x']=1`, `drop(inplace=True)`, `.loc[0,'a']=9`, `.values[:]=0` work, and a concurrent job on the same dataset sees nothing
    of it."""
    (looker,) = run("q", "def azureml_main(df):\n    import time\n    while True:\n        print(df.values.tolist(), flush=True)\n"
                         "        time.sleep(0.01)\n", "two")
    same = "[[0.5], [1.5]]"
    arena.fleet.begun(looker.id, same)
    for job in run(ALL, """
def azureml_main(df):
    try:
        df.values[:] = 0
    except ValueError as error:
        print(error)
    zeroed = df['c'].tolist()
    df.loc[0, 'c'] = 9
    df['x'] = 1
    df['y'] = 2
    df.drop('y', axis=1, inplace=True)
    df['zeroed'] = zeroed
    return df
""", "two"):
        # pandas 3 hands its arrays out read-only, everywhere.
        refused = run.pandas == 3
        assert job.out == ("assignment destination is read-only\n" if refused else "")
        assert cells(job.frame()) == {"c": [9.0, 1.5 if refused else 0.0], "x": [1, 1], "zeroed": [0.5, 1.5] if refused else [0, 0]}
    seen = len(arena.fleet.says("logs", looker.id).splitlines())
    eventually(lambda: len(arena.fleet.says("logs", looker.id).splitlines()) > seen, "it looks again")
    arena.fleet.says("cancel", looker.id)
    arena.fleet.wait(looker.id)
    assert set(arena.fleet.says("logs", looker.id).splitlines()) == {same}


@pytest.fixture(scope="module")
def gigabyte(arena):
    """The key of 12,500,000 x 10 doubles, in a small file."""
    rows = 1_250_000
    file = File([Field(f"c{i}", (FLOAT, {0: Scalar("h", 2)})) for i in range(10)])
    column, compress = Array(rows, 0, [b"", struct.pack("1000d", *range(1000)) * (rows // 1000)]), functools.cache(with_zstd)
    for _ in range(10):
        file.batch(*[column] * 10, compress=compress)
    arena.fleet.says("dataset", "put", arena.file("big.arrow", file.bytes()), "big")
    return "big"


def test_m_32(run, gigabyte):
    """1 GB of doubles, script returns only the shape → private memory of the child grows by less than 10 %."""
    for job in run(ALL, "def azureml_main(df):\n    return str(df.shape)\n", gigabyte):
        assert cells(job.frame()) == {"column": ["(12500000, 10)"]}
        usage = job.record["usage"]
        assert not measured(usage) or usage["private_dirty_bytes"] < 100_000_000, usage


# ---- bundle ----

def test_m_33(run, arena):
    """A bundle module is imported and used; for Hello.zip the log shows the unpack line, then the printed text."""
    bundle = arena.zip("Hello.zip", {"Hello.py": "def print_hello(name):\n    print('Hello ' + name)\n"})
    for job in run(ALL, "import Hello\ndef azureml_main():\n    Hello.print_hello('World')\n", flags=["--bundle", bundle]):
        assert job.out == "Script Bundle: unpacked Hello.zip, 1 file\nHello World\n"


def test_m_34(run, arena):
    """`./Script Bundle/my_sample.txt` is readable; the two-output example of [D] (indentation repaired) works."""
    bundle = arena.zip("sample.zip", {"my_module.py": "def my_func(df):\n    return df.assign(twice=df['a'] * 2)\n",
                                      "my_sample.txt": "a sample"})
    for job in run("dq", """
import pandas as pd
from my_module import my_func
def azureml_main(dataframe1=None, dataframe2=None):
    dataframe1 = my_func(dataframe1)
    with open('./Script Bundle/my_sample.txt', 'r') as text_file:
        sample = text_file.read()
    return dataframe1, pd.DataFrame(columns=["Sample"], data=[[sample]])
""", "four", flags=["--bundle", bundle]):
        assert cells(job.frame(1)) == {**FOUR, "twice": [2, 4, 6, 8]} and cells(job.frame(2)) == {"Sample": ["a sample"]}
    for job in run("cs", "def azureml_main():\n    return open('./Script Bundle/my_sample.txt').read()\n", flags=["--bundle", bundle]):
        assert cells(job.frame()) == {"column": ["a sample"]}


def test_m_35(run, arena):
    """`pkg/__init__.py` and `data/a/b.csv` keep their places; `import pkg` works."""
    bundle = arena.zip("tree.zip", {"pkg/__init__.py": "from pkg.part import five", "pkg/part.py": "five = 5", "data/a/b.csv": "x\n7\n",
                                    "src/deep.py": "nine = 9"})
    for job in run(ALL, "import pandas as pd\nimport pkg, deep\ndef azureml_main():\n"
                        "    return pd.read_csv('Script Bundle/data/a/b.csv').assign(five=pkg.five, nine=deep.nine)\n",
                   flags=["--bundle", bundle]):
        assert cells(job.frame()) == {"x": [7], "five": [5], "nine": [9]}


def test_m_36(run):
    """Without a bundle `./Script Bundle` exists; a failing import is an ordinary ModuleNotFoundError in 0085."""
    for job in run(ALL, "import os\ndef azureml_main():\n    return str(os.listdir('./Script Bundle'))\n"):
        assert cells(job.frame()) == {"column": ["[]"]}
    for job in run(ALL, "import Hello\ndef azureml_main():\n    pass\n"):
        assert "ModuleNotFoundError: No module named 'Hello'" in job.told


NOTHING = "def azureml_main():\n    return 'nothing'\n"


def test_m_37(run, arena):
    """Not a zip → 0102 "Given ZIP file is not in the correct format."."""
    for job in run(ALL, NOTHING, flags=["--bundle", arena.file("no.zip", b"no zip at all")]):
        assert job.error == ("0102", "Error 0102: Given ZIP file is not in the correct format.")
        assert job.reason == "bad_input"


def test_f_38(run, arena):
    """`../../etc/x`, absolute names and links are refused; a zip bomb meets the quota."""
    link = zipfile.ZipInfo("link")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    bad = [arena.zip(f"bad{i}.zip", {entry: "/etc/passwd"}) for i, entry in enumerate(("../../etc/x", "/etc/x", "C:\\x", link))]
    bomb = arena.zip("bomb.zip", {"zeros": bytes(64 << 20)})
    for job in sum((run(ALL, NOTHING, flags=["--bundle", path]) for path in bad), []):
        assert job.error[0] == "0102" and job.outputs == []
    for job in run(ALL, NOTHING, flags=["--bundle", bomb]):
        assert job.reason in ("bad_input", "limit:disk") and job.outputs == []
    for job in run(ALL, NOTHING, flags=["--bundle", arena.zip("zeros.zip", {"zeros": bytes(5 << 20)}), "--disk", "1M"]):
        assert job.reason == "limit:disk" and job.outputs == []


def test_m_39(run, arena):
    """A bundle folder or script named `app`: warned, refused if strict; `app123` accepted."""
    folder, module, good = (["--bundle", arena.zip(f"{name}.zip", {entry: ""})] for name, entry in
                            (("folder", "app/__init__.py"), ("module", "app.py"), ("good", "app123/__init__.py")))
    reserved = "is a name that the designer reserved: "
    cases = [("Script Bundle: app", folder, None), ("Script Bundle: app.py", module, None), ("the script: app.py", [], "app.py")]
    for about, flags, name in cases:
        for job in run(ALL, NOTHING, flags=flags, name=name):
            assert job.warnings == [f"{about} {reserved}there, it needs another one"] and job.outputs == ["dataset1"]
        for job in run(ALL, NOTHING, flags=[*flags, "--strict"], name=name):
            assert job.error == ("bad_input", f"{about} {reserved}give it another one, or leave --strict out")
    for job in run(ALL, NOTHING, flags=[*good, "--strict"], name="app123.py"):
        assert job.warnings == [] and job.outputs == ["dataset1"]


def test_l_40(run):
    """A script over 16 KB runs; [d, strict] gives `CommandLine exceeds the limit of 16597 characters`."""
    script = NOTHING + "#" * 17000
    runs = run(ALL, script) + run("csq", script, flags=["--strict"])
    for job in run("d", script, flags=["--strict"]):
        assert job.error[1].startswith("CommandLine exceeds the limit of 16597 characters")
        assert job.record["dialect"] == "designer" and job.record["strict"] is True
    for job in runs:
        assert cells(job.frame()) == {"column": ["nothing"]}


def test_m_41(run, arena):
    """`sys.path.insert(0, ".\\\\Script Bundle")` does not break imports."""
    for job in run(ALL, "import sys\nsys.path.insert(0, '.\\\\Script Bundle')\nimport Hello, decimal\n"
                        "def azureml_main():\n    return Hello.x\n", flags=["--bundle", arena.zip("path.zip", {"Hello.py": "x = 5"})]):
        assert cells(job.frame()) == {"column": [5]}


# ---- visualizations: the designer collects none ----

FIGURES = """
import matplotlib
matplotlib.use({backend!r})
import matplotlib.pyplot as plt
def azureml_main(df=None):
    for number in range({count}):
        figure = plt.figure(figsize=(1, 1 + number))
        figure.gca().plot([1, 2], [number, 3])
        plt.show()
        figure.savefig("figure %d of a b.png" % number)
"""


def figures(count, backend="Agg"):
    return FIGURES.format(count=count, backend=backend)


def test_m_42(run):
    """One figure → device JSON has one entry, valid base64 PNG."""
    for job in run(ALL, figures(1)):
        (picture,) = pictures(job)
        assert png_size(picture) == (100, 100)


def test_m_43(run):
    """Two and five figures → all present, stable order; height of the concatenation = sum of heights."""
    for count in (2, 5):
        for job in run(ALL, figures(count)):
            sizes = [png_size(picture) for picture in pictures(job)]
            assert sizes == [(100, 100 * (1 + number)) for number in range(count)]
            assert png_size(job.bytes_of("visualization.png")) == (100, sum(height for _, height in sizes))


def test_m_44(run):
    """`plt.plot` without saving → empty list, no error; `plt.show()` and `matplotlib.use('TkAgg')` work headless."""
    for job in run(ALL, figures(0, "TkAgg") + "    plt.plot([1, 2])\n    plt.show()\n"):
        assert job.reason is None and job.device["Graphics Device"] == []


def test_m_45(run):
    """Blanks in names work; a fake PNG and an empty one are skipped with a warning."""
    for job in run(ALL, figures(1) + "    open('a fake.png', 'wb').write(b'no picture')\n    open('empty one.png', 'wb').close()\n"):
        assert len(pictures(job)) == 1
        assert sorted(warning.split(":")[0] for warning in job.warnings) == ["a fake.png", "empty one.png"]


def test_m_46(run):
    """[d,q] `run.upload_file("graphics/line.png", "line.png")` → run file `graphics/line.png`."""
    for job in run("dq", """
from azureml.core import Run
import matplotlib.pyplot as plt
def azureml_main(dataframe1=None, dataframe2=None):
    plt.plot([1, 2])
    plt.savefig("line.png")
    run = Run.get_context(allow_offline=True)
    run.upload_file("graphics/line.png", "line.png")
    return dataframe1,
"""):
        assert job.reason is None and [file["name"] for file in job.record["files"]] == ["graphics/line.png"]
        assert png_size(job.bytes_of("files/graphics/line.png")) == png_size(pictures(job)[0])


# ---- errors and logs ----

def test_m_47(run):
    """[d,q] An exception at line 17 → `Got exception when invoking script at line 17 in function azureml_main: 'ValueError: …'`; full
    traceback with the script file name in the log."""
    script = "def deeper():\n    raise ValueError('no such luck')\n" + "\n" * 13 + "def azureml_main(df=None):\n    deeper()\n"
    for job in run("dq", script):
        assert job.told == "Got exception when invoking script at line 17 in function azureml_main: 'ValueError: no such luck'."
        assert job.err == ('Traceback (most recent call last):\n  File "user_script.py", line 17, in azureml_main\n    deeper()\n'
                           '  File "user_script.py", line 2, in deeper\n    raise ValueError(\'no such luck\')\n'
                           "ValueError: no such luck\n")
    for job in run("cs", script):
        assert job.told == "Caught exception while executing function: " + job.err.rstrip("\n").replace("\n", "\r\n")


def test_m_48(run):
    """Syntax and indentation errors → the 0085 block, spacing verbatim (both printed samples of [D] with a stray `}` or a missing
    indent are such cases)."""
    stray = "def azureml_main(dataframe1=None, dataframe2=None):\n    print('x')}\n    return dataframe1,\n"
    missing = "def azureml_main(dataframe1=None, dataframe2=None):\nreturn dataframe1,\n"
    told = {stray: "SyntaxError: unmatched '}'",
            missing: "IndentationError: expected an indented block after function definition on line 1"}
    for script, text in told.items():
        line = 2
        for job in run("dq", script):
            assert job.told == f"Got exception when invoking script: '{text} (user_script.py, line {line})'."
            assert f'File "user_script.py", line {line}' in job.err and text in job.err
        for job in run("cs", script):
            assert job.told.startswith("Caught exception while executing function: Traceback (most recent call last):\r\n"
                                       f'  File "user_script.py", line {line}\r\n') and job.told.endswith(text)


def test_m_49(run):
    """Undefined name, missing import → NameError / ModuleNotFoundError text in 0085."""
    for job in run(ALL, "def azureml_main():\n    return undefined_thing\n"):
        assert "NameError: name 'undefined_thing' is not defined" in job.told
    for job in run(ALL, "def azureml_main():\n    import no_such_package\n"):
        assert "ModuleNotFoundError: No module named 'no_such_package'" in job.told


def test_c_50(run):
    """`sys.exit(3)`, `os._exit(7)`, a segfault, an endless loop, a fork bomb, a memory bomb → job failed with distinct kinds; the
    worker takes the next job."""
    bad = {"exit:3": "sys.exit(3)", "exit:7": "os._exit(7)", "signal:SIGSEGV": "ctypes.string_at(0)",
           "limit:time": "\n    while True: pass", "limit:processes": "\n    while True: os.fork() or signal.pause()",
           "limit:memory": "bytearray(1 << 40)"}
    script = "import ctypes, os, signal, sys\ndef azureml_main():\n    {}\n"
    flags = {"limit:time": ["--timeout", "300ms"], "limit:processes": ["--processes", "20"], "limit:memory": ["--memory", "512M"]}
    jobs = {reason: run(ALL, script.format(statement), flags=flags.get(reason, ())) for reason, statement in bad.items()}
    for reason, made in jobs.items():
        assert {job.letter: job.reason for job in made} == dict.fromkeys(ALL, reason)
    assert jobs["limit:memory"][0].error[0] == "0138" and jobs["exit:3"][0].error[0] == "0085"
    assert jobs["exit:7"][0].error[0] == "exit:7"
    for job in run(ALL, NOTHING):
        assert cells(job.frame()) == {"column": ["nothing"]}


def test_l_51(run):
    """stdout and stderr apart and unbuffered; non-UTF-8 bytes and 10 MB of output handled, truncation marked."""
    script = ("import os, sys\ndef azureml_main():\n    print('to stdout')\n    print('to stderr', file=sys.stderr)\n"
              "    os.write(1, b'raw \\xff\\n')\n    {}\n    os._exit(7)\n")
    for job in run(ALL, script.format("pass")):
        assert job.bytes_of("stdout.txt") == b"to stdout\nraw \xff\n" and job.err == "to stderr\n"
        assert job.device["Standard Output"] == "to stdout\nraw \\xff\n" and job.device["Standard Error"] == "to stderr\n"
    for job in run(ALL, script.format("os.write(2, b'end\\n'); [os.write(1, b'x' * 999 + b'\\n') for _ in range(11000)]")):
        printed, record = job.bytes_of("stdout.txt"), job.record
        assert record["stdout"] == {"bytes": 11000 * 1000 + 16, "truncated": True} and record["stderr"]["truncated"] is False
        assert printed.endswith(b"x\n[quern: cut here: 11000016 bytes came, the limit is 10485760]\n")


def test_m_52(run):
    """Quotes and non-ASCII in an exception → valid JSON; `details[0].message` starts `Error 0085:`."""
    for job in run(ALL, "def azureml_main():\n    raise ValueError('she said \"höher\" \\\\ \\u6f22 \\x07\\n\\'so\\'')\n"):
        assert job.error[1].startswith("Error 0085: The following error occurred")
        assert "she said \"höher\" \\ 漢 ?" in job.told
        assert job.record["exception"]["type"] == "ValueError"


# ---- sandbox ----

def test_f_53(run):
    """A file written in the work directory is gone after the job and invisible to the next."""
    for job in run(ALL, "import os\ndef azureml_main():\n    print(os.path.exists('left.txt'), os.path.exists('/tmp/left.txt'))\n"
                        "    open('left.txt', 'w').write('x')\n    return os.path.getsize('left.txt')\n") * 2:
        assert job.out == "False False\n" and cells(job.frame()) == {"column": [1]}


def test_f_54(run):
    """`/etc/passwd` and other users' homes cannot be read; the work directory and below can."""
    for job in run(ALL, """
import os
def azureml_main():
    for path in ("/etc/passwd", "/root", "/home"):
        try:
            print(path, os.listdir(path) if path != "/etc/passwd" else open(path).read())
        except OSError as error:
            print(path, type(error).__name__)
    os.makedirs("deep/er")
    open("deep/er/own.txt", "w").write("own")
    return open("deep/er/own.txt").read()
"""):
        assert re.fullmatch(r"(/\w+(/\w+)? (PermissionError|FileNotFoundError|\[\])\n){3}", job.out), job.out
        assert cells(job.frame()) == {"column": ["own"]}


class Greeter(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(b"hello")


@pytest.fixture(scope="module")
def greeter():
    """The port of a server of ours."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Greeter) as server:
        threading.Thread(target=server.serve_forever).start()
        yield server.server_address[1]
        server.shutdown()


CONNECT = """
import os, socket, sys
def azureml_main():
    try:
        with socket.create_connection(("127.0.0.1", int({port})), timeout=30) as peer:
            print(peer.recv(10).decode())
    except OSError as error:
        print("refused", not isinstance(error, TimeoutError))
"""


def test_f_55(run, greeter):
    """A network call fails at once under the default profile and works under one that allows it; a refused pip returns non-zero and
    the script continues."""
    for job in run("d", CONNECT.format(port=greeter) + "    print(os.system('pip install scikit-misc') != 0)\n"):
        assert job.out.splitlines()[0] == "refused True" and job.out.splitlines()[-1] == "True" and job.reason is None
    for job in run("csq", CONNECT.format(port=greeter)):
        assert job.out == "refused True\n"
    for job in run(ALL, CONNECT.format(port=greeter), environment="open"):
        assert job.out == "hello\n"


def test_f_56(run):
    """Not root; no apt."""
    for job in run(ALL, "import os\ndef azureml_main():\n    print(os.getuid() != 0, os.geteuid() != 0)\n"
                        "    print(os.system('apt-get -qq install -y sl') != 0)\n"):
        assert job.out.splitlines()[0] == "True True" and job.out.splitlines()[-1] == "True" and job.reason is None


# ---- SDK ----

def test_m_57(run):
    """`run.parent.log('Mean_Absolute_Error (left port)', …)` and `(right port)` are recorded; the script's frame is returned."""
    for job in run(ALL, """
def azureml_main(dataframe1=None, dataframe2=None):
    from azureml.core import Run
    run = Run.get_context()
    run.parent.log(name='Mean_Absolute_Error (left port)', value=dataframe1['a'].mean())
    run.parent.log(name='Mean_Absolute_Error (right port)', value=dataframe1['a'].max())
    return dataframe1,
""", "four"):
        assert cells(job.frame()) == FOUR
        assert [(metric["name"], metric["value"]) for metric in job.record["metrics"]] == [
            ("Mean_Absolute_Error (left port)", 2.5), ("Mean_Absolute_Error (right port)", 4)]


def test_m_58(run):
    """The registered-dataset sample of [D] returns the dataset `test-register-tabular-in-designer`; an unknown name raises a catchable
    exception."""
    for job in run(ALL, """
def azureml_main(dataframe1=None, dataframe2=None):
    from azureml.core import Run, Dataset
    run = Run.get_context(allow_offline=True)
    ws = run.experiment.workspace
    try:
        Dataset.get_by_name(ws, name='unknown')
    except Exception as error:
        print('caught')
    dataset = Dataset.get_by_name(ws, name='test-register-tabular-in-designer')
    return dataset.to_pandas_dataframe(),
"""):
        assert cells(job.frame()) == {"c": [0.5, 1.5]} and job.out == "caught\n"


def test_m_59(run):
    """`BlockBlobService(account_name=…, account_key=…, protocol='http')` round-trips bytes through storage keys."""
    for flags in (), ("--write", "account/"):
        for job in run(ALL, """
from azure.storage.blob import BlockBlobService
def azureml_main(dataframe1=None, dataframe2=None):
    service = BlockBlobService(account_name='account', account_key='key', protocol='http')
    service.create_blob_from_bytes('box', 'some bytes', bytes(range(256)))
    print(service.get_blob_to_bytes('box', 'some bytes').content == bytes(range(256)))
""", flags=flags):
            assert job.out == "True\n" and job.reason is None
            assert [written["key"] for written in job.record["written"]] == (["account/box/some bytes"] if flags else [])
            assert flags or job.bytes_of("files/azure/account/box/some bytes") == bytes(range(256))


# ---- services ----

def test_m_63(run):
    """Feature ranking: ensemble importances in descending order, names match the columns, sum about 1."""
    script = (ROOT / "examples/feature_importance.py").read_text().replace("n_estimators=250", "n_estimators=50")
    for job in run(ALL, script, str(ROOT / "examples/pima_diabetes.csv")):
        ranked = job.frame()
        features = (ROOT / "examples/pima_diabetes.csv").read_text().splitlines()[0].replace('"', "").split(",")[:-1]
        assert sorted(ranked["feature"]) == sorted(features)
        assert ranked["importance"].is_monotonic_decreasing and abs(ranked["importance"].sum() - 1) < 1e-6
