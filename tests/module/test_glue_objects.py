# SPDX-License-Identifier: Apache-2.0
"""Outputs and inputs that are no tables: models, JSON, text, bytes, files; inputs by name."""
import json
import pickle

import pandas as pd
import pytest

from glue_job import _quern, run

FRAME = pd.DataFrame({"x": [1.0, 2.0, 3.0], "y": [0, 0, 1]})
MODEL = """
class Model:
    slope = 0
    def fit(self, frame):
        self.slope = int(frame["y"].sum())
        return self
    def predict(self, frame):
        return frame["x"] * self.slope
"""
TRAIN = "import quern\n" + MODEL + "def azureml_main(train):\n    return {'model': Model().fit(train), 'train': train}\n"
SCORE = MODEL + ("def azureml_main(data, model):\n    data['p'] = model.predict(data)\n    return data\n")


def objects(tmp_path, body, **options):
    ended = run(tmp_path, f"import quern, pandas as pd, numpy as np\ndef azureml_main():\n    {body}\n", **options)
    assert ended.raised is None, ended.err
    return ended


@pytest.fixture
def train(tmp_path):
    (tmp_path / "train").mkdir()
    ended = run(tmp_path / "train", TRAIN, named={"train": FRAME})
    assert ended.raised is None, ended.err
    return ended


def test_b_a_model_trained_by_one_job_scores_in_the_next(train, tmp_path):
    kind, data = train.objects["model"]
    assert kind == "pickle" and list(train.results) == ["train"]
    ended = run(tmp_path, SCORE, [FRAME], {"model": (kind, data)})
    assert ended.raised is None and list(ended.results[1]["p"]) == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("body, kind, data", [
    ("quern.output('a', {'x': [1, 2.5, None, True, 'é']})", "json", b'{"x": [1, 2.5, null, true, "\\u00e9"]}'),
    ("quern.output('a', {'auc': np.float64(0.5), 'n': np.int64(3)})", "json", b'{"auc": 0.5, "n": 3}'),
    ("quern.output('a', 'naïve')", "text", "naïve".encode()),
    ("quern.output('a', 'x\\udc80')", "text", "x\ufffd".encode()),
    ("quern.output('a', b'\\0\\xff')", "bytes", b"\0\xff"),
    ("quern.output('a', bytearray(b'ab'))", "bytes", b"ab"),
    ("open('f.bin', 'wb').write(b'xyz'); quern.output('a', quern.File('f.bin'))", "file", b"xyz"),
    ("import pathlib; pathlib.Path('f').write_text('p'); quern.output('a', pathlib.Path('f'))", "file", b"p"),
    ("quern.output('a', {'n': np.float64(0.5), 'l': np.arange(2)}, kind='json')", "json", b'{"n": 0.5, "l": [0, 1]}'),
    ("quern.output('a', [], kind='text') if 0 else quern.output('a', 'x', kind='json')", "json", b'"x"'),
    ("return {'a': quern.Object({'k': 1}), 'b': pd.DataFrame()}", "json", b'{"k": 1}'),
    ("return {'a': quern.Object('t')}", "text", b"t"),
])
def test_m_kinds_that_are_told_by_the_value(tmp_path, body, kind, data):
    assert objects(tmp_path, body).objects["a"] == (kind, data)


@pytest.mark.parametrize("value", ["(1, 2)", "{1: 'a'}", "{1, 2}", "1j", "[np.complex128(1)]", "pd.Timestamp(0)"])
def test_m_what_json_would_change_is_pickled(tmp_path, value):
    kind, data = objects(tmp_path, f"quern.output('a', {value})").objects["a"]
    import numpy as np

    assert kind == "pickle" and pickle.loads(data) == eval(value, {"np": np, "pd": pd})


@pytest.mark.parametrize("value", ["pd.DataFrame({'column': [1, 2]})", "pd.Series([1, 2])", "np.array([1, 2])"])
def test_m_tables_are_datasets(tmp_path, value):
    ended = objects(tmp_path, f"quern.output('a', {value})")
    assert ended.objects == {} and list(ended.results["a"]["column"]) == [1, 2]


def test_m_kind_dataset_makes_a_table_of_anything(tmp_path):
    assert list(objects(tmp_path, "quern.output('a', [1, 2], kind='dataset')").results["a"]["column"]) == [1, 2]


def test_m_joblib(tmp_path):
    pytest.importorskip("joblib")
    kind, data = objects(tmp_path, "quern.output('a', {1: np.arange(3)}, kind='joblib')").objects["a"]
    (tmp_path / "second").mkdir()
    ended = run(tmp_path / "second", "def azureml_main(a):\n    return int(a[1].sum())\n", named={"a": (kind, data)})
    assert kind == "joblib" and ended.results[1].iloc[0, 0] == 3


def test_m_outputs_of_both_ways_stand_side_by_side(tmp_path):
    ended = objects(tmp_path, "quern.output('a', 1); quern.output('output2', pd.Series([7])); return pd.DataFrame({'x': [1]})")
    assert list(ended.results) == [1, 2] and ended.objects == {"a": ("json", b"1")}


@pytest.mark.parametrize("body, message", [
    ("quern.output('a', 1); return {'a': pd.DataFrame()}", "two outputs are named 'a'"),
    ("quern.output('output1', pd.Series([1])); return pd.DataFrame()", "two outputs are named 'output1'"),
])
def test_m_a_name_is_given_once(tmp_path, body, message):
    ended = run(tmp_path, f"import quern, pandas as pd\ndef azureml_main():\n    {body}\n")
    assert (ended.raised["reason"], ended.raised["message"]) == (_quern.REASON_BAD_RESULT, message)


@pytest.mark.parametrize("call, message", [
    ("quern.output('a', 1); quern.output('a', 2)", "two outputs are named 'a'"),
    ("quern.output('.a', 1)", "an output cannot be named '.a': expected 1 to 64 of A-Z a-z 0-9 _ . - and no dot in front"),
    ("quern.output('a/b', 1)", "an output cannot be named 'a/b': expected 1 to 64 of A-Z a-z 0-9 _ . - and no dot in front"),
    ("quern.output('a', 1, kind='csv')",
     "an object cannot be of the kind 'csv': expected one of pickle, joblib, json, text, bytes, file"),
])
def test_m_a_bad_call_raises_in_the_script(tmp_path, call, message):
    ended = run(tmp_path, f"import quern\ndef azureml_main():\n    {call}\n")
    assert (ended.raised["reason"], ended.raised["line"]) == (_quern.REASON_EXCEPTION, 3)
    assert ended.raised["message"] == message


@pytest.mark.parametrize("body, message", [
    ("quern.output('f', lambda: 1)", "the output 'f' cannot be stored as pickle: AttributeError: Can't pickle local object"),
    ("quern.output('f', 5, kind='text')", "the output 'f' cannot be stored as text: TypeError: expected a str, found int"),
    ("quern.output('f', {1j}, kind='json')", "the output 'f' cannot be stored as json: TypeError: set is nothing that JSON has"),
    ("quern.output('f', quern.File('gone'))",
     "the output 'f' cannot be stored as file: FileNotFoundError: [Errno 2] No such file or directory: 'gone'"),
])
def test_m_what_cannot_be_stored_is_named(tmp_path, body, message):
    ended = run(tmp_path, f"import quern\ndef azureml_main():\n    {body}\n")
    assert ended.raised["reason"] == _quern.REASON_BAD_RESULT and ended.raised["message"].startswith(message)


def test_l_an_object_is_bounded(tmp_path):
    ended = run(tmp_path, "import quern\ndef azureml_main():\n    quern.output('b', bytes(1001))\n", limit=1000)
    assert ended.raised["reason"] == _quern.REASON_LIMIT_OUTPUT
    assert ended.raised["message"] == "the output 'b' of 1001 bytes is larger than its limit of 1000 bytes (--file)"


def test_m_a_model_among_results_is_an_object_in_the_dialect_quern_only(tmp_path):
    script = MODEL + "def azureml_main(df):\n    return df, Model()\n"
    for dialect in ("quern", "designer"):
        (tmp_path / dialect).mkdir()
        ended = run(tmp_path / dialect, script, [FRAME], dialect=dialect)
        assert ended.raised is None
        if dialect == "quern":
            assert list(ended.results) == [1] and ended.objects["output2"][0] == "pickle"
        else:
            assert ended.objects == {} and ended.results[2].shape == (1, 1)


def test_m_frames_beside_models_keep_the_old_contract(tmp_path):
    ended = run(tmp_path, "def azureml_main(df):\n    return df, {'a': [1]}, [1, 2], 'x', None\n", [FRAME])
    assert ended.objects == {} and list(ended.results) == [1, 2, "output3", "output4"]


# ---- inputs ----

@pytest.mark.parametrize("given, seen", [
    (("json", b'{"a": [1]}'), {"a": [1]}), (("text", "ä".encode()), "ä"), (("bytes", b"\0"), b"\0"),
    (("pickle", pickle.dumps({1: 2})), {1: 2})])
def test_m_an_object_arrives_as_what_it_was(tmp_path, given, seen):
    ended = run(tmp_path, "def azureml_main(it):\n    return repr(it)\n", named={"it": given})
    assert ended.raised is None and ended.results[1].iloc[0, 0] == repr(seen)


def test_m_a_file_arrives_as_a_path_below_the_work_directory(tmp_path):
    script = "import quern\ndef azureml_main(it):\n    return it + '|' + open(it).read() + '|' + str(quern.inputs['it'] is it)\n"
    ended = run(tmp_path, script, named={"it": ("file", b"abc")})
    assert ended.results[1].iloc[0, 0] == "inputs/it/it.object|abc|True"


@pytest.mark.parametrize("signature, seen", [
    ("a, b, c", "[1, 2, 3]"), ("c, b, a", "[3, 2, 1]"), ("a, *, b, c=0", "[1, 2, 3]"), ("a, **rest", "[1, 2, 3]")])
def test_m_inputs_reach_the_parameters_of_their_names(tmp_path, signature, seen):
    names = {"a, **rest": "[a, rest['b'], rest['c']]"}.get(signature, f"[{signature.replace('*, ', '').replace('=0', '')}]")
    ended = run(tmp_path, f"def azureml_main({signature}):\n    return repr({names})\n",
                named={"a": ("json", b"1"), "b": ("json", b"2"), "c": ("json", b"3")})
    assert ended.raised is None and ended.results[1].iloc[0, 0] == seen


def test_m_ports_fill_what_has_no_name_of_an_input(tmp_path):
    script = "def azureml_main(model, first, second=None, *, rate=0.5):\n    return f'{model} {len(first)} {second} {rate}'\n"
    ended = run(tmp_path, script, [FRAME], {"model": ("json", b'"m"')}, params={"rate": "0.25"})
    assert ended.results[1].iloc[0, 0] == "m 3 None 0.25" and ended.notes == []


def test_m_an_input_that_is_not_used_is_told(tmp_path):
    ended = run(tmp_path, "def azureml_main(df):\n    return df\n", [FRAME], {"modell": ("json", b"1")})
    assert ended.notes == [("azureml_main", "the input 'modell' was not used: azureml_main has no parameter of that name, and "
                                            "quern.inputs was not asked for it")]


def test_m_quern_inputs_has_all_of_them(tmp_path):
    script = ("import quern\nN = quern.inputs['n']\ndef azureml_main(dataframe1):\n    assert quern.inputs['dataframe1'] is "
              "dataframe1\n    return f\"{N} {list(quern.inputs)} {quern.inputs!r}\"\n")
    ended = run(tmp_path, script, [FRAME], {"n": ("json", b"5")})
    assert ended.results[1].iloc[0, 0] == "5 ['dataframe1', 'n'] <inputs: dataframe1 (dataset), n (json)>"
    (tmp_path / "other").mkdir()
    ended = run(tmp_path / "other", "import quern\ndef azureml_main():\n    quern.inputs['m']\n", named={"n": ("json", b"5")})
    assert ended.raised["message"] == "\"no input 'm'; there are: n\""


@pytest.mark.parametrize("given, message", [
    (("pickle", b"cno_such_module\nThing\n."),
     "it.object: the pickle cannot be loaded: ModuleNotFoundError: No module named 'no_such_module'"),
    (("json", b"{"), "it.object: the json cannot be loaded: JSONDecodeError: Expecting property name enclosed in double quotes: "
                     "line 1 column 2 (char 1)"),
    (("text", b"\xff"), "it.object: the text cannot be loaded: UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in "
                        "position 0: invalid start byte"),
])
def test_m_an_object_that_cannot_be_loaded_is_a_bad_input(tmp_path, given, message):
    ended = run(tmp_path, "def azureml_main(it):\n    return it\n", named={"it": given})
    assert (ended.raised["reason"], ended.raised["detail"], ended.raised["message"]) == (_quern.REASON_BAD_INPUT, 49, message)
    assert "Error" in ended.err


def test_f_nothing_loads_what_nobody_asked_for(tmp_path):
    """A pickle that no parameter has the name of is never read."""
    ended = run(tmp_path, "def azureml_main(df):\n    return df\n", [FRAME], {"it": ("pickle", b"cos\nabort\n(tR.")})
    assert ended.raised is None and ended.status == 0
