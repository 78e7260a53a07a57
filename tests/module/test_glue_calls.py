# SPDX-License-Identifier: Apache-2.0
"""Calling convention, results and names: the tables of the module's contract, row by row."""
import os
import zipfile

import numpy as np
import pandas as pd
import pytest

import glue_job
from glue_job import run

import _quern
from quern import names

FOUR = pd.DataFrame({"a": [1, 2, 3, 4], "b": ["w", "x", "y", "z"]})
TWO = pd.DataFrame({"c": [0.5, 1.5]})
ECHO = "    return pd.DataFrame({'n': [None if x is None else len(x) for x in %s]}, dtype=object)\n"


def counts(job):
    """What a script made with ECHO was called with: the rows of each argument, None for None."""
    assert job.raised is None, job.err
    return [None if pd.isna(cell) else int(cell) for cell in job.results[1]["n"]]


def called(tmp_path, signature, arguments, ports, dialect):
    inputs = {port: {1: FOUR, 2: TWO, 3: TWO}[port] for port in ports}
    script = f"import pandas as pd\ndef azureml_main({signature}):\n" + ECHO % arguments
    return run(tmp_path, script, inputs, dialect=dialect)


# ---- calling ----


@pytest.mark.parametrize("signature,arguments,ports,expected", [
    ("", "()", (), []),
    ("dataframe1=None, dataframe2=None", "(dataframe1, dataframe2)", (), [None, None]),
    ("a, b", "(a, b)", (), [None, None]),
    ("a", "(a,)", (1,), [4]),
    ("whatever, other", "(whatever, other)", (1, 2), [4, 2]),
    ("a, b", "(a, b)", (2,), [None, 2]),
    ("a, b, c", "(a, b, c)", (1, 2), [4, 2, None]),
    ("a, b, c", "(a, b, c)", (1, 2, 3), [4, 2, 2]),
    ("a, b=(7,) * 7", "(a, b)", (1,), [4, 7]),
    ("a=(7,) * 7, b=(7,) * 5, c=(7,) * 3", "(a, b, c)", (2,), [None, 2, 3]),
    ("*args", "args", (1, 2), [4, 2]),
    ("a, *args", "(a, *args)", (1, 3), [4, None, 2]),
    ("*args", "args", (), []),
    ("a, *, b=None", "(a, b)", (1,), [4, None]),
    ("a, **more", "(a, more)", (1,), [4, 0]),
])
def test_m_arguments_of_quern(tmp_path, signature, arguments, ports, expected):
    assert counts(called(tmp_path, signature, arguments, ports, "quern")) == expected


@pytest.mark.parametrize("signature,arguments,ports,expected", [
    ("", "()", (1, 2), []),
    ("a", "(a,)", (), [None]),
    ("a", "(a,)", (2,), [None]),
    ("a=(7,), b=(7,)", "(a, b)", (1,), [4, None]),
    ("a, b", "(a, b)", (2,), [None, 2]),
    ("*args", "args", (1, 2), [4]),
])
def test_m_arguments_of_designer(tmp_path, signature, arguments, ports, expected):
    assert counts(called(tmp_path, signature, arguments, ports, "designer")) == expected


@pytest.mark.parametrize("dialect", ["classic", "studio"])
@pytest.mark.parametrize("signature,arguments,ports,expected", [
    ("", "()", (), []),
    ("a=(7,)", "(a,)", (), [1]),
    ("a", "(a,)", (2,), [2]),
    ("a, b", "(a, b)", (1, 2), [4, 2]),
])
def test_m_arguments_of_classic(tmp_path, dialect, signature, arguments, ports, expected):
    assert counts(called(tmp_path, signature, arguments, ports, dialect)) == expected


def test_m_classic_refuses_a_wrong_count(tmp_path):
    job = called(tmp_path, "a", "(a,)", (1, 2), "classic")
    assert job.raised["reason"] == _quern.REASON_EXCEPTION
    assert job.raised["type"] == "TypeError"
    assert job.raised["message"] == "azureml_main() takes 1 positional argument but 2 were given"


@pytest.mark.parametrize("dialect", ["classic", "designer"])
def test_m_three_required_parameters(tmp_path, dialect):
    job = called(tmp_path, "a, b, c", "(a, b, c)", (1, 2), dialect)
    assert job.raised["message"] == "azureml_main() missing 1 required positional argument: 'c'"


def test_m_ports_that_are_ignored_are_named(tmp_path):
    job = called(tmp_path, "a", "(a,)", (1, 2), "quern")
    assert counts(job) == [4]
    assert job.notes == [("azureml_main", "dataset 2 is connected, but azureml_main takes 1 dataset(s): it is ignored")]


def test_m_last_definition_runs(tmp_path):
    script = "def azureml_main():\n    return 1\ndef azureml_main():\n    return 2\n"
    assert run(tmp_path, script).results[1]["column"].tolist() == [2]


def test_m_entry_point_may_be_any_callable(tmp_path):
    script = "import functools\ndef f(a, b, k):\n    return k\nazureml_main = functools.partial(f, k=5)\n"
    assert run(tmp_path, script, [FOUR]).results[1]["column"].tolist() == [5]


def test_m_missing_entry_point(tmp_path):
    job = run(tmp_path, "x = 1\n")
    assert job.raised == {"reason": _quern.REASON_EXCEPTION, "detail": 0, "type": "AttributeError", "line": 0,
                          "message": "module 'user_script' has no attribute 'azureml_main'"}
    assert job.err == ("AttributeError: module 'user_script' has no attribute 'azureml_main'\n"
                       "hint: expected a function azureml_main(dataframe1, dataframe2)\n")


def test_m_index_of_inputs_is_new(tmp_path):
    script = "def azureml_main(a):\n    assert a.index.equals(__import__('pandas').RangeIndex(2)), a.index\n    return a\n"
    job = run(tmp_path, script, [FOUR[2:]])
    assert job.raised is None and job.results[1]["a"].tolist() == [3, 4]


def test_m_missing_values_are_null(tmp_path):
    frame = pd.DataFrame({"s": ["x", None], "n": [None, 1.5]})
    job = run(tmp_path, "def azureml_main(a):\n    print(a.isnull().values.tolist())\n    return a.fillna('?')\n", [frame])
    assert job.out == "[[False, True], [True, False]]\n"
    assert job.results[1]["s"].tolist() == ["x", "?"]


def test_l_inputs_cost_no_memory_of_their_own(tmp_path):
    script = """def private():
    lines = open('/proc/self/smaps_rollup').read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith('Anonymous:'))
before = private()
def azureml_main(a):
    total = sum(a[name].to_numpy().sum() for name in a)
    return str(a.shape), (private() - before) / (a.size * 8 / 1024)
"""
    job = run(tmp_path, script, [pd.DataFrame({f"c{i}": np.ones(1 << 20) for i in range(8)})])
    assert job.results[1]["column"].tolist() == ["(1048576, 8)"]
    assert job.results[2]["column"][0] < 0.1


# ---- results ----

SHAPES = {
    "None": {},
    "df": {1: 4},
    "df,": {1: 4},
    "[df]": {1: 4},
    "df, df2": {1: 4, 2: 2},
    "[df, df2]": {1: 4, 2: 2},
    "array(df)": {1: 4},
    "array(df, df2)": {1: 4, 2: 2},
    "df, df": {1: 4, 2: 4},
    "df, None": {1: 4},
    "None, df2": {2: 2},
    "[None, None]": {},
    "df, df2, df2": {1: 4, 2: 2, "output3": 2},
    "df, None, df2, df": {1: 4, "output3": 2, "output4": 4},
    "()": {},
    "[]": {},
    "{'one': df, 'two': df2}": {"one": 4, "two": 2},
    "{'output2': df, 'x.y-z': df2, 'none': None}": {2: 4, "x.y-z": 2},
    "df, {'extra': df2}": {1: 4, "extra": 2},
    "df, df2, {'extra': df2}": {1: 4, 2: 2, "extra": 2},
    "{'a': df, 'n': 3}": {"a": 4, "n": 1},
}
RETURNING = """import numpy as np, pandas as pd, collections
def array(*items):
    made = np.empty(len(items), object)
    made[:] = items
    return made
def azureml_main(df=None, df2=None):
    return %s
"""


@pytest.mark.parametrize("value", SHAPES)
def test_m_shapes_of_results(tmp_path, value):
    job = run(tmp_path, RETURNING % value, [FOUR, TWO])
    assert job.raised is None, job.err
    assert {port: len(frame) for port, frame in job.results.items()} == SHAPES[value]


def test_m_designer_takes_an_empty_tuple_for_an_error(tmp_path):
    job = run(tmp_path, RETURNING % "()", [FOUR], dialect="designer")
    assert (job.raised["reason"], job.raised["type"]) == (_quern.REASON_BAD_RESULT, "IndexError")
    assert job.raised["message"] == "tuple index out of range"


def test_m_empty_sequence_is_noted(tmp_path):
    job = run(tmp_path, RETURNING % "()", [FOUR])
    assert job.notes == [("azureml_main", "an empty sequence was returned: the outputs are empty")]


@pytest.mark.parametrize("dialect,expected,dropped", [("classic", [1], ["output2", "output3"]), ("studio", [1], ["output2", "output3"]),
                                                      ("designer", [1, 2], ["output3"])])
def test_m_outputs_that_a_dialect_does_not_know(tmp_path, dialect, expected, dropped):
    job = run(tmp_path, RETURNING % "df, df2, df2", [FOUR, TWO], dialect=dialect)
    assert list(job.results) == expected
    assert [text.split()[0] for _, text in job.notes] == dropped
    assert job.notes[-1][1] == f"output3 is dropped: the dialect {dialect} has {len(expected)} output(s)"


@pytest.mark.parametrize("value,columns,rows", [
    ("{'x': [1, 2], 'y': [3, 4]}", ["x", "y"], [[1, 3], [2, 4]]),
    ("np.arange(3)", ["column"], [[0], [1], [2]]),
    ("[1, 2]", ["column"], [[1], [2]]),
    ("pd.Series([1, 2], name='s', index=[5, 6])", ["column"], [[1], [2]]),
    ("pd.Index([1, 2])", ["column"], [[1], [2]]),
    ("np.ones((2, 3))", ["column_0", "column_1", "column_2"], [[1, 1, 1], [1, 1, 1]]),
    ("np.ones((2, 1))", ["column"], [[1], [1]]),
    ("5", ["column"], [[5]]),
    ("'text'", ["column"], [["text"]]),
    ("np.float64(1.5)", ["column"], [[1.5]]),
    ("(1, 'x')", ["column"], [[1]]),
    ("{}", [], []),
    ("[{'p': 1}, {'p': 2}]", ["p"], [[1], [2]]),
])
def test_m_values_that_are_no_frames(tmp_path, value, columns, rows):
    job = run(tmp_path, RETURNING % value)
    assert job.raised is None, job.err
    assert list(job.results[1].columns) == columns
    assert job.results[1].values.tolist() == rows


def test_m_any_object_is_one_cell(tmp_path):
    job = run(tmp_path, RETURNING % "collections.OrderedDict")
    assert job.results[1]["column"].tolist() == ["<class 'collections.OrderedDict'>"]


@pytest.mark.parametrize("value,kind", [("{'a': [1], 'b': [1, 2]}", "<class 'dict'>"),
                                        ("np.zeros((2, 2, 2))", "<class 'numpy.ndarray'>")])
def test_m_what_cannot_be_converted(tmp_path, value, kind):
    job = run(tmp_path, RETURNING % value)
    text = f"Unsupported return type. Failed to convert return value from type {kind} to type pd.DataFrame."
    assert job.raised == {"reason": _quern.REASON_BAD_RESULT, "detail": 0, "type": "TypeError", "message": text,
                          "line": 0}
    assert text in job.err
    assert job.results == {}


@pytest.mark.parametrize("value,text", [
    ("{'.x': df}", "an output cannot be named '.x': expected 1 to 64 of A-Z a-z 0-9 _ . - and no dot in front"),
    ("{'a b': df}", "an output cannot be named 'a b': expected 1 to 64 of A-Z a-z 0-9 _ . - and no dot in front"),
    ("{'a\\n': df}", "an output cannot be named 'a\\n': expected 1 to 64 of A-Z a-z 0-9 _ . - and no dot in front"),
    ("df, {'output1': df}", "two outputs are named 'output1'"),
    ("{1: df, '1': df}", "two outputs are named '1'"),
])
def test_m_names_of_outputs(tmp_path, value, text):
    job = run(tmp_path, RETURNING % value, [FOUR])
    assert (job.raised["reason"], job.raised["message"]) == (_quern.REASON_BAD_RESULT, text)


def test_m_returned_object_is_left_alone(tmp_path):
    script = """import atexit, pandas as pd
df = pd.DataFrame([[1, 2]], columns=[0, 0], index=['k'])
atexit.register(lambda: print(list(df.columns), list(df.index)))
def azureml_main():
    return df, df
"""
    job = run(tmp_path, script)
    assert job.out == "[0, 0] ['k']\n"
    assert list(job.results[2].columns) == ["0", "0 (2)"]


def test_l_result_beyond_its_limit(tmp_path):
    job = run(tmp_path, RETURNING % "np.zeros(100000)", limit=5000)
    assert job.raised["reason"] == _quern.REASON_LIMIT_OUTPUT
    assert job.raised["message"] == "a result of 800320 bytes is larger than its limit of 5000 bytes (--file)"


def test_l_notes_are_bounded(tmp_path):
    job = run(tmp_path, RETURNING % "pd.DataFrame({i: [{i}] for i in range(1500)})")
    assert len(job.notes) == 1000 and job.notes[-1] == ("", "further notes are left out")
    assert job.results[1].shape == (1, 1500)


# ---- column names ----


@pytest.mark.parametrize("dialect,labels,expected", [
    ("quern", ["a", "a", "a"], ["a", "a (2)", "a (3)"]),
    ("classic", ["a", "a", "a"], ["a", "a (2)", "a (3)"]),
    ("studio", ["a", "a", "a"], ["a", "a (1)", "a (2)"]),
    ("designer", ["a", "a", "a"], ["a", "a_0", "a_1"]),
    ("quern", ["a", "a", "a (2)"], ["a", "a (3)", "a (2)"]),
    ("designer", ["a", "a_0", "a"], ["a", "a_0", "a_1"]),
    ("designer", ["a", "a", "a_0"], ["a", "a_0", "a_0_0"]),
    ("studio", ["a", "a", "a (1)"], ["a", "a (2)", "a (1)"]),
    ("quern", [1, "1"], ["1", "1 (2)"]),
    ("quern", [0, 1, 2], ["0", "1", "2"]),
    ("quern", [("x", 1), None, 1.5], ["('x', 1)", "None", "1.5"]),
    ("quern", [], []),
])
def test_m_column_names(dialect, labels, expected):
    assert names.columns(labels, dialect) == expected


def test_l_many_repeated_names_take_no_time():
    made = names.columns(["a"] * 50000, "quern")
    assert len(set(made)) == 50000 and made[-1] == "a (50000)"


# ---- work directory, bundle, parameters ----


def test_m_work_directory(tmp_path):
    script = """import os, sys
print(sorted(os.listdir('.')), os.path.basename(os.getcwd()), __name__, os.path.basename(__file__))
print([p.split('/')[-1] for p in sys.path[-3:]], sys.argv)
def azureml_main():
    print(os.path.isdir('./Script Bundle'), os.environ['MPLBACKEND'])
    print(os.environ['HOME'] == os.environ['TMPDIR'] == os.getcwd() == __import__('tempfile').gettempdir())
"""
    job = run(tmp_path, script)
    assert job.raised is None, job.err
    assert job.out == ("['Script Bundle', 'logs', 'outputs', 'user_script.py'] work user_script user_script.py\n"
                       "['work', 'Script Bundle', 'src'] ['user_script.py']\nTrue Agg\nTrue\n")


def test_m_parameters(tmp_path):
    script = "import quern\ndef azureml_main():\n    return repr(quern.params)\n"
    texts = {"alpha": "0.1", "é": "", "n": "6", "yes": "true", "none": "null", "list": "[1, \"a\"]", "text": "\"6\"",
             "zip": "007", "nan": "NaN", "word": "abc", "deep": "[" * 100000}
    job = run(tmp_path, script, params=texts)
    assert job.results[1].iloc[0, 0] == repr({
        "alpha": 0.1, "é": "", "n": 6, "yes": True, "none": None, "list": [1, "a"], "text": "6", "zip": "007", "nan": "NaN",
        "word": "abc", "deep": "[" * 100000})


def test_m_parameters_reach_those_of_their_names_in_the_dialect_quern(tmp_path):
    script = "def azureml_main(df=None, depth=1, *, rate=0.5, **rest):\n    return f'{depth!r} {rate!r} {rest}'\n"
    for dialect, seen in (("quern", "6 0.25 {}"), ("designer", "None 0.5 {}")):
        (tmp_path / dialect).mkdir()
        job = run(tmp_path / dialect, script, params={"depth": "6", "rate": "0.25", "other": "1"}, dialect=dialect)
        assert job.results[1].iloc[0, 0] == seen


def bundle(directory, entries):
    path = os.path.join(directory, "Hello.zip")
    with zipfile.ZipFile(path, "w") as file:
        for name, text in entries.items():
            file.writestr(name, text)
    return os.open(path, os.O_RDONLY)


def test_m_bundle(tmp_path):
    fd = bundle(tmp_path, {"Hello.py": "def say(x):\n    print('Hello', x)\n", "src/deep.py": "y = 7\n", "my_sample.txt": "sample"})
    script = """import sys
sys.path.insert(0, ".\\\\Script Bundle")
import Hello
def azureml_main(a, b=None):
    import deep
    Hello.say(open('./Script Bundle/my_sample.txt').read())
    return deep.y, b is None
"""
    job = run(tmp_path, script, [FOUR], bundle=fd, bundle_name="Hello.zip")
    assert job.raised is None, job.err
    assert job.out == "Script Bundle: unpacked Hello.zip, 3 files\nHello sample\n"
    assert (job.results[1].values.tolist(), job.results[2].values.tolist()) == ([[7]], [[True]])


def test_m_bundle_that_is_no_zip(tmp_path):
    path = tmp_path / "no.zip"
    path.write_bytes(b"no zip")
    job = run(tmp_path, "def azureml_main():\n    print('ran')\n", bundle=os.open(path, os.O_RDONLY), bundle_name="no.zip")
    assert (job.raised["reason"], job.raised["detail"], job.raised["type"]) == (_quern.REASON_BAD_INPUT, 102, "")
    assert job.raised["message"] == "Script Bundle: error 0102: Given ZIP file is not in the correct format."
    assert job.out == "" and job.results == {}


RESERVED = "a name that the designer reserved: "


@pytest.mark.parametrize("entry,name", [("app/__init__.py", "app"), ("app.py", "app.py"), ("src/test/x.py", "test")])
def test_m_reserved_names_of_a_bundle(tmp_path, entry, name):
    for strict in (False, True):
        (tmp_path / str(strict)).mkdir()
        job = run(tmp_path / str(strict), "def azureml_main():\n    return 1\n", strict=strict, bundle_name="b.zip",
                  bundle=bundle(tmp_path, {entry: "", "app123/x.py": "", "x/app.py": "", "app.txt": ""}))
        if strict:
            assert (job.raised["reason"], job.raised["detail"], job.raised["message"]) == (
                _quern.REASON_BAD_INPUT, 0, f"Script Bundle: {name} is {RESERVED}give it another one, or leave --strict out")
        else:
            assert job.notes == [("Script Bundle", f"{name} is {RESERVED}there, it needs another one")]
            assert job.results[1]["column"].tolist() == [1]


@pytest.mark.parametrize("name", ["app.py", "app"])
def test_m_a_script_of_a_reserved_name(tmp_path, name):
    assert run(tmp_path, "def azureml_main():\n    return 1\n", script_name=name).notes == [
        ("the script", f"{name} is {RESERVED}there, it needs another one")]


@pytest.mark.parametrize("dialect", ["classic", "designer", "quern"])
def test_l_long_scripts_are_refused_by_a_strict_designer(tmp_path, dialect):
    script = "# ä".ljust(16598 - 32) + "\ndef azureml_main():\n    return 1\n"
    job = run(tmp_path, script, dialect=dialect, strict=True)
    if dialect != "designer":
        assert job.raised is None
        return
    assert (job.raised["reason"], job.raised["detail"], job.raised["message"]) == (
        _quern.REASON_BAD_INPUT, 0, f"CommandLine exceeds the limit of 16597 characters: the script has {len(script)}; move "
        "functions into a script bundle, or leave --strict out")


def test_l_the_longest_script_of_a_strict_designer(tmp_path):
    script = "def azureml_main():\n    return 1\n"
    assert run(tmp_path, script + "#" * (16597 - len(script)), dialect="designer", strict=True).raised is None


@pytest.mark.parametrize("cell,found", [("[1]", "list"), ("{1: 2}", "dict"), ("object", "type")])
def test_m_strict_refuses_what_only_text_can_hold(tmp_path, cell, found):
    job = run(tmp_path, f"import pandas as pd\ndef azureml_main():\n    return pd.DataFrame({{'c': [{cell}, None]}})\n", strict=True)
    assert (job.raised["reason"], job.raised["message"]) == (
        _quern.REASON_BAD_RESULT, f"column 'c' cannot be stored: TypeError: it holds {found}, and the job is strict; make it text "
        "or numbers before it is returned, such as with .map(repr)")


def test_m_missing_module_without_bundle(tmp_path):
    job = run(tmp_path, "import nowhere_to_be_found\n")
    assert (job.raised["type"], job.raised["line"]) == ("ModuleNotFoundError", 1)
    assert job.err == ("Traceback (most recent call last):\n"
                       '  File "user_script.py", line 1, in <module>\n'
                       "    import nowhere_to_be_found\n"
                       "ModuleNotFoundError: No module named 'nowhere_to_be_found'\n"
                       "hint: there is no module 'nowhere_to_be_found' in this environment: `quern env create` makes one with it, "
                       "and --bundle brings modules of your own\n")


# ---- tables ----


def typed(tmp_path, text, separator=",", name="t.csv"):
    path = tmp_path / name
    path.write_bytes(text)
    return run(tmp_path, "", task="type", table=os.open(path, os.O_RDONLY), table_name=name, separator=separator)


def test_m_table_is_typed_by_pandas(tmp_path):
    job = typed(tmp_path, "\ufeffi,f,s,b,m,t\n1,0.5,é,True,True,2020-01-01\n2,,,False,,x\n".encode())
    assert job.raised is None, job.err
    made = job.results[1]
    text = "str" if int(pd.__version__.split(".")[0]) >= 3 else "object"
    assert [str(dtype) for dtype in made.dtypes] == ["int64", "float64", text, "bool", "object", text]
    assert made["m"][0] is True and pd.isna(made["m"][1]) and pd.isna(made["s"][1]) and made["t"][0] == "2020-01-01"


def test_m_table_with_tabs(tmp_path):
    job = typed(tmp_path, b"a\tb\n1,5\tx\n", "\t", "t.tsv")
    assert job.results[1].values.tolist() == [["1,5", "x"]]


def test_m_table_with_a_header_only(tmp_path):
    assert typed(tmp_path, b"a,b\n").results[1].shape == (0, 2)


def test_m_table_with_trailing_separators(tmp_path):
    job = typed(tmp_path, b"a,b\n1,2,\n3,4,\n")
    assert job.results[1].values.tolist() == [[1, 2], [3, 4]]
    assert job.notes == []


@pytest.mark.parametrize("text,message", [
    (b"", "t.csv: the file is empty: expected a header line"),
    (b"a,b\n1,2\n1,2,3,4\n", "t.csv: line 3, column 5: expected 2 cells, as there are names, found more"),
    (b"a,b\n1,2,9\n3,4,9\n", "t.csv: line 2, column 5: expected 2 cells, as there are names, found more"),
    (b"a,b\n\xff,2\n",
     "t.csv: line 2, column 1: byte 0xff is not UTF-8 (of a Latin-1 file: iconv -f latin1 -t utf-8)"),
    (b"a,b\n1,x\0y\n", "t.csv: line 2, column 4: a NUL byte, which no text has"),
    (b"a,b\n1,\"x\n\n", "t.csv: line 2, column 3: a quote that is not closed"),
    (b"a," + b"b" * 65537 + b"\n1,2\n", "t.csv: line 1, column 3: the name of column 2 has more than 65536 bytes"),
])
def test_m_table_that_is_none(tmp_path, text, message):
    job = typed(tmp_path, text)
    assert (job.raised["reason"], job.raised["message"]) == (_quern.REASON_BAD_INPUT, message)
    assert job.results == {} and job.err == ""


def test_b_work_is_done_in_a_copy_of_this_process(tmp_path):
    assert run(tmp_path, "import os\ndef azureml_main():\n    return os.getppid()\n").results[1]["column"][0] == os.getpid()
    assert glue_job.LIMIT > 0


def test_m_a_table_gives_only_the_columns_that_are_wanted(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b,c,b\n1,x,2.5,y\n")
    job = run(tmp_path, "", task="type", table=os.open(path, os.O_RDONLY), table_name="t.csv", columns=["c", "b.1", "a"])
    assert job.results[1].to_dict("list") == {"c": [2.5], "b.1": ["y"], "a": [1]}


def test_m_a_table_without_a_column_that_is_wanted_is_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(",".join(f"c{i}" for i in range(23)) + "\n")
    job = run(tmp_path, "", task="type", table=os.open(path, os.O_RDONLY), table_name="t.csv", columns=["c1", "x"])
    first = ", ".join(f'"c{i}"' for i in range(20))
    assert job.raised["reason"] == _quern.REASON_BAD_INPUT
    assert job.raised["message"] == f't.csv: there is no column "x"; the columns are {first} and 3 more'
