# SPDX-License-Identifier: Apache-2.0
"""What `quern check` finds in a script: the reader itself, without a jail (tests/e2e/test_check.py has that)."""
import os
import sys

import pytest

from glue_job import ROOT
from quern import lint

sys.path.insert(0, os.path.join(ROOT, "tests", "oracles"))

import lint_table  # noqa: E402

GOOD = "def azureml_main(d=None):\n    return d\n"


def found(source, ports=(1,), params=(), dialect="quern", legacy=False, bundle=False):
    """["2:5 error syntax ..."] of a script."""
    call = {"columns": [str(port) for port in ports], "params": dict.fromkeys(params, ""), "dialect": dialect, "legacy": legacy}
    source = source if isinstance(source, bytes) else source.encode()
    return [f"{one.line}:{one.column} {one.level} {one.code}: {one.text}" for one in lint.findings(source, call, bundle)]


REFUSED = [
    ("print 'a'\n", "1:1 error syntax: SyntaxError: Missing parentheses in call to 'print'. Did you mean print(...)?; this is "
                    "Python 2: write print(...)"),
    ("try:\n    pass\nexcept ValueError, e:\n    pass\n",
     "3:8 error syntax: SyntaxError: multiple exception types must be parenthesized; this is Python 2: write `except (A, B):`, "
     "or `except A as error:` for its `except A, error:`"),
    ("raise ValueError, 'a'\n", "1:17 error syntax: SyntaxError: invalid syntax; this is Python 2: write raise Error(text)"),
    ("x = 1 <> 2\n", "1:7 error syntax: SyntaxError: invalid syntax; this is Python 2: write != for its <>"),
    ("x = 0777\n", "1:5 error syntax: SyntaxError: leading zeros in decimal integer literals are not permitted; use an 0o "
                   "prefix for octal integers; this is Python 2: write 0o17 for its 017"),
    ("x = 10L\n", "1:6 error syntax: SyntaxError: invalid decimal literal; this is Python 2: write 1 for its 1L"),
    ("x = `1`\n", "1:5 error syntax: SyntaxError: invalid syntax; this is Python 2: write repr(x) for its `x`"),
    ("%matplotlib inline\n", "1:1 error syntax: SyntaxError: invalid syntax; this is a line of a notebook: take it out"),
    ("!pip install x\n", "1:1 error syntax: SyntaxError: invalid syntax; this is a shell command of a notebook: take it out; "
                         "`quern env create` installs packages"),
    ("x = \u201ca\u201d\n", "1:5 error syntax: SyntaxError: invalid character '\u201c' (U+201C); these are the quotes of a word "
                            "processor: write \" or '"),
    ("def azureml_main(d):\nreturn d\n",
     "2:1 error syntax: IndentationError: expected an indented block after function definition on line 1"),
    ("a\0b", "0:0 error syntax: source code string cannot contain null bytes"),
    (b"x = '\xff'\n", "0:0 error syntax: the text cannot be read: invalid or missing encoding declaration; save it as UTF-8, "
                      "or name its encoding in the first line: # -*- coding: latin-1 -*-"),
    ("(" * 300, "1:201 error syntax: SyntaxError: too many nested parentheses"),
    ("", "0:0 error entry: there is no function 'azureml_main', which is what is called; put the statements into one: "
         "def azureml_main(dataframe1=None, dataframe2=None):"),
    ("import os\ndef azureml_mian(d): pass\n",
     "2:1 error entry: there is no function 'azureml_main', which is what is called; is it 'azureml_mian'?"),
]


@pytest.mark.parametrize("source,finding", REFUSED)
def test_m_what_cannot_run_is_refused(source, finding):
    assert found(source) == [finding]


MAY_RUN = [
    "exec('def azure' + 'ml_main(): pass')\n", "globals()['azureml' + '_main'] = print\n", "from mine import *\n",
    "import sys\nsetattr(sys.modules[__name__], 'azureml' + '_main', print)\n", "def __getattr__(name): return print\n",
    "x = 'azureml_main'\n",
]


@pytest.mark.parametrize("source", MAY_RUN)
def test_m_an_entry_point_that_may_come_to_be_is_not_refused(source):
    assert not [one for one in found(source) if " error " in one]


FINE = [
    GOOD, "class A:\n    def __call__(self, d): return d\nazureml_main = A()\n", "azureml_main = lambda d: d\n",
    "if True:\n    def azureml_main(d): return d\n", "import os.path, xml.etree.ElementTree as e, logging.handlers\n" + GOOD,
    "try:\n    import nothing\nexcept ImportError:\n    nothing = None\n" + GOOD, "from __future__ import print_function\n" + GOOD,
    "import numpy as np, pandas as pd\nfrom pandas.plotting import scatter_matrix\ndef azureml_main(d):\n    return pd.concat([d, "
    "d]).append\n",
    "def azureml_main(d):\n    global seen\n    seen = 1\n    return [seen for seen in d if __file__]\n",
    "def outer(a):\n    def inner():\n        nonlocal a\n        a = b\n    b = 1\n    return inner\n" + GOOD,
    "import quern\ndef azureml_main(d):\n    return quern.params.get('a'), 'b' in quern.params\n",
    "x = 'http://a:b'\ny = 'a:b'\n" + GOOD, "def azureml_main(*frames): return frames[0]\n",
    "def deco(f): return f\n@deco\ndef azureml_main(a, b, *, c): pass\n", "def azureml_main(d):\n    def g(): yield 1\n    return d\n",
    "match = {'a': 1}\nmatch match:\n    case {'a': found}: print(found)\n" + GOOD,
    "try: pass\nexcept* ValueError as group: print(group)\n" + GOOD, "with open('a') as (a, b): print(a, b)\n" + GOOD,
    "import os\nif (n := len(os.sep)): print(n)\n" + GOOD, "class A:\n    x = 1\n    y = [one for one in range(x)]\n" + GOOD,
]


@pytest.mark.parametrize("source", FINE)
def test_m_nothing_is_said_of_what_is_right(source):
    assert found(source) == []


DOUBTFUL = [
    ("import nothing.at.all\n", {}, "1:1 warning import: there is no module 'nothing.at.all' in this environment; `quern env ls` "
                                    "lists others, and --bundle brings modules of your own"),
    ("from xml import sax\nimport xml.nothing\n", {"bundle": True},
     "2:1 warning import: there is no module 'xml.nothing' in this environment"),
    ("import urllib2\n", {}, "1:1 warning import: the module 'urllib2' is Python 2's: write urllib.request"),
    ("import sklearn.cross_validation\n", {}, "1:1 warning import: sklearn.cross_validation is gone since scikit-learn 0.20: write "
                                              "sklearn.model_selection; --legacy brings it back"),
    ("from pandas import rolling_mean\n", {}, "1:1 warning removed: pandas.rolling_mean is gone since pandas 0.23: write "
                                              ".rolling(window).mean(); --legacy brings it back"),
    ("import numpy as np\nx = np.float(1)\n", {}, "2:5 warning removed: numpy.float is gone since NumPy 1.24: write float, or "
                                                  "np.float_ for the type of an array; --legacy brings it back"),
    ("x = (1).ix\n", {}, "1:5 warning removed: DataFrame.ix, if this is one, is gone since pandas 1.0: write .loc[] with labels or "
                         ".iloc[] with places; --legacy brings it back"),
    ("for a in xrange(3): pass\n", {}, "1:10 warning name: the name 'xrange' is Python 2's: write range"),
    ("value = 1\nprint(vlaue)\n", {}, "2:7 warning name: the name 'vlaue' is not defined; did you mean 'value'?"),
    ("display(1)\n", {}, "1:1 warning name: the name 'display' is not defined: this is a function of notebooks: print() it"),
    ("print({}.has_key(1))\n", {}, "1:7 warning name: .has_key() is Python 2's: write `key in d`"),
    ("x = r'C:\\data\\a.csv'\n", {}, "1:5 warning path: 'C:\\\\data\\\\a.csv' is a path of Windows: a job reads its inputs, its "
                                     "bundle and its own directory"),
    ("import quern\nx = quern.params['depth']\n", {},
     "2:5 warning param: the script reads the parameter 'depth': --param depth=VALUE gives it"),
    ("from quern import params as p\nx = p.get('depth')\n", {"params": ["deph"]},
     "0:0 warning param: --param deph: the script does not read it; did you mean 'depth'?"),
    ("x = 1 is 1\n", {}, "1:0 warning syntax: \"is\" with a literal. Did you mean \"==\"?"),
]


@pytest.mark.parametrize("source,options,finding", DOUBTFUL)
def test_m_what_is_doubtful_is_a_warning(source, options, finding):
    assert found(source + GOOD, **options) == [finding]


SHAPES = [
    ("a", (1, 2), "quern", "'azureml_main' takes 1 dataset(s): number 2 will be ignored"),
    ("", (1,), "designer", "'azureml_main' takes 0 dataset(s): number 1 will be ignored"),
    ("a, b, c", (1,), "classic", "'azureml_main' needs 3 argument(s) and 1 dataset(s) are connected"),
    ("a", (1, 2), "studio", "'azureml_main' takes 1 argument(s) and 2 datasets are connected"),
    ("a, *, b", (1,), "quern", "'azureml_main' cannot be called: its argument 'b' is keyword-only and has no default"),
]


@pytest.mark.parametrize("arguments,ports,dialect,text", SHAPES)
def test_m_the_entry_point_is_held_beside_the_ports(arguments, ports, dialect, text):
    assert found(f"def azureml_main({arguments}): pass\n", ports, dialect=dialect) == [f"1:1 warning entry: {text}"]


def test_m_with_legacy_what_it_brings_back_is_no_fault():
    source = "import pandas as pd, sklearn.cross_validation\nx = pd.rolling_mean\ny = (1).ix\n" + GOOD
    assert found(source, legacy=True) == []
    assert len(found(source)) == 3


def test_m_the_table_is_that_of_the_legacy_part():
    """The remedy: python tests/oracles/lint_table.py build/ops/python ops/python > ops/python/quern/lint/table.py"""
    with open(os.path.join(ROOT, "ops", "python", "quern", "lint", "table.py"), encoding="utf-8") as file:
        assert file.read() == lint_table.text()


def test_l_findings_are_bounded():
    many = found("\n".join(f"print(name{i})" for i in range(1000)) + "\n" + GOOD)
    assert len(many) == lint.MOST
    assert max(map(len, found("print(" + "a" * 100000 + ")\n" + GOOD))) < 600


@pytest.mark.parametrize("source, ports, params, told", [
    ("def azureml_main(train, model):\n    return train\n", ("=train", "=model"), (), []),
    ("def azureml_main(train, *, model, depth):\n    return train\n", (1, "=model"), ("depth",), []),
    ("def azureml_main(train, modell):\n    return train\n", (1, "=model"), (),
     ["1:1 warning entry: --input model: 'azureml_main' has no argument of that name; did you mean 'modell'?"]),
    ("import quern\ndef azureml_main(train):\n    return quern.inputs['model']\n", (1, "=model"), (), []),
    ("def azureml_main(train, **rest):\n    return train\n", (1, "=model"), (), []),
    ("def azureml_main(train, depth):\n    return train\n", (1, 2), ("depth",),
     ["1:1 warning entry: 'azureml_main' takes 1 dataset(s): number 2 will be ignored"]),
])
def test_m_inputs_and_parameters_reach_arguments_of_their_names(source, ports, params, told):
    assert found(source, ports, params) == told
