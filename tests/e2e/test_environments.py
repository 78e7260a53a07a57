# SPDX-License-Identifier: Apache-2.0
"""The same scripts under pandas 1.5 (the system's), 2 and 3 (environments of their own): as jobs of one host, and where it says
something else, as `quern run --env NAME`."""
import json
import os
import pathlib
import shutil
import tempfile

import pytest

from arrow_file import BOOL, FLOAT, UTF8, Array, Field, File, Scalar, bitmap, int_type, numbers, texts, timestamp_type
from fleet import ROOT, Fleet
from runs import Kept
from test_zero_copy import BATCH_ROWS, write_floats

MB = 1_000_000
PYTHONS = {1: "/usr/bin/python3", 2: ROOT / "build/venv-pandas2/bin/python", 3: ROOT / "build/venv-pandas3/bin/python"}


def describe(home, name, python, *lines):
    """The descriptor of an environment, below the directory that is XDG_CONFIG_HOME."""
    directory = home / "quern" / "environments"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{name}.conf").write_text("\n".join(["[environment]", f"python = {python}", *lines, ""]))


@pytest.fixture(autouse=True)
def config(tmp_path, monkeypatch):
    """Environments pandas1, pandas2 and pandas3."""
    home = tmp_path / "config"
    for version, python in PYTHONS.items():
        assert os.path.exists(python), f"{python} is missing: ./dev setup test makes it"
        describe(home, f"pandas{version}", python)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    return home


@pytest.fixture(params=PYTHONS, ids=[f"pandas{version}" for version in PYTHONS])
def pandas(request):
    return request.param


@pytest.fixture(scope="module")
def floats(tmp_path_factory):
    return write_floats(tmp_path_factory.mktemp("environments") / "floats.arrow", 1)


@pytest.fixture(scope="module")
def fleet():
    """One host with all three."""
    with Fleet(environments=",".join(f"pandas{version}" for version in PYTHONS)) as made:
        for version, python in PYTHONS.items():
            describe(made.directory / "config", f"pandas{version}", python)
        made.host(environments={"names": " ".join(f"pandas{version}" for version in PYTHONS), "standby": 0,
                                "directory": made.directory / "config/quern/environments"}).ready()
        yield made


def ended(fleet, pandas, script, *options):
    """A job that has ended, in the environment with that pandas."""
    job = fleet.submit(script, "--env", f"pandas{pandas}", *map(str, options))
    fleet.wait(job)
    out = fleet.directory / f"out-{job}"
    fleet.quern("result", job, "-o", out)
    return Kept(out)


def under(fleet, pandas, script, *options):
    """One that ends well."""
    run = ended(fleet, pandas, script, *options)
    assert run.job["reason"] is None, run.job
    return run


def run_under(quern, pandas, script, *options):
    """A run that ends well, likewise."""
    run = quern(script, "--env", f"pandas{pandas}", *map(str, options))
    assert run.code == 0, run.stderr
    return run


def said(run):
    """The one line of JSON that the script printed."""
    return json.loads(run.script_out)


def test_b_each_has_its_own_pandas(fleet, pandas):
    run = under(fleet, pandas, "import pandas, sys\ndef azureml_main():\n    print(pandas.__version__)\n    print(sys.prefix)\n")
    version, prefix = run.script_out.split()
    assert version.split(".")[0] == str(pandas)
    assert prefix == ("/usr" if pandas == 1 else str(PYTHONS[pandas].parents[1]))


WHERE = """
def segments():
    with open("/proc/self/maps") as maps:
        ranges = [line.split()[0].split("-") for line in maps if "quern-segment" in line]
    return [(int(begin, 16), int(end, 16)) for begin, end in ranges]
def is_view(values):
    address = values.__array_interface__["data"][0]
    return any(begin <= address and address + values.nbytes <= end for begin, end in segments())
"""


def test_l_a_frame_is_a_view_of_shared_memory(quern, pandas, floats):
    run = run_under(quern, pandas, WHERE + """
import json
def azureml_main(df):
    views = [is_view(df[name].to_numpy()) for name in df.columns]
    print(json.dumps([views, len(df), float(df["c3"].sum())]))
""", "--dataframe1", floats)
    assert said(run) == [[True] * 10, BATCH_ROWS, (999 / 2 + 3) * BATCH_ROWS]
    usage = run.job["usage"]
    assert usage["copied_on_write_bytes"] < 1 * MB, usage
    assert usage["private_dirty_bytes"] < 30 * MB, usage  # of 100 MB


def test_l_an_assignment_copies_its_column_only(quern, pandas, floats):
    run = run_under(quern, pandas, WHERE + """
import json
def azureml_main(df):
    df.loc[df["c4"] > 500, "c4"] = 0.0
    df["c5"] = df["c5"] + 1
    print(json.dumps([is_view(df[name].to_numpy()) for name in df.columns if name not in ("c4", "c5")]))
    return float(df["c4"].max()), float(df["c5"].min())
""", "--dataframe1", floats)
    assert said(run) == [True] * 8
    usage = run.job["usage"]
    assert usage["copied_on_write_bytes"] + usage["private_dirty_bytes"] < 75 * MB, usage


def test_b_edits_stay_with_their_port(fleet, pandas, floats):
    under(fleet, pandas, """
import zlib
def checksum(df):
    return [zlib.crc32(df[name].to_numpy()) for name in df.columns]
def azureml_main(df, other):
    before = checksum(other)
    assert checksum(df) == before
    df["c0"] += 1
    df.loc[5, "c1"] = -7.0
    df.loc[df["c2"] > 500, "c2"] = float("nan")
    df.iloc[3:9, 4] = 0.5
    df.drop(columns=["c9"], inplace=True)
    df.rename(columns={"c7": "seven"}, inplace=True)
    df.fillna(-1.0, inplace=True)
    df["new"] = 1
    assert df["c0"].iloc[0] == 1 and df["c1"].iloc[5] == -7 and df["c2"].min() == -1 and df["c4"].iloc[8] == 0.5
    assert checksum(other) == before and list(other.columns) == [f"c{i}" for i in range(10)]
    return df.head(10)
""", "--dataframe1", floats, "--dataframe2", floats, "--memory", "4G")


def test_b_arrays_can_be_written_until_copy_on_write(fleet, pandas, floats):
    """pandas 3 hands its arrays out read-only, everywhere: a script that writes into them says so itself."""
    script = "def azureml_main(df):\n    df['c3'].to_numpy()[:] = 8\n    return float(df['c3'].min())\n"
    run = ended(fleet, pandas, script, "--dataframe1", floats)
    if pandas < 3:
        assert run.job["reason"] is None
        return
    assert run.job["exception"] == {"type": "ValueError", "message": "assignment destination is read-only", "line": 2}


ZONE = "Europe/Berlin"
SECOND = 1_600_000_000


def table():
    """An Arrow file with a column of each kind that the versions of pandas see in different ways."""
    scale = [1, 10**3, 10**6, 10**9]
    times = [numbers([SECOND * by, None, -by], "q") for by in scale]
    present = Array(3, 1, [bitmap([1, 0, 1]), bitmap([1, 1, 0])])
    fields = [Field(f"t{unit}", timestamp_type(unit)) for unit in range(4)]
    fields += [Field(f"z{unit}", timestamp_type(unit, ZONE)) for unit in range(4)]
    fields += [Field("flag", (BOOL, {})), Field("maybe", (BOOL, {})), Field("text", (UTF8, {})),
               Field("no text", (UTF8, {})), Field("kind", (UTF8, {}), (7, (8, True), True)),
               Field("whole", int_type(32)), Field("some", int_type(64)), Field("real", (FLOAT, {0: Scalar("h", 1)}))]
    file = File(fields)
    file.dictionary(7, texts(["low", "high"]))
    file.batch(*times, *times, Array(3, 0, [b"", bitmap([1, 0, 1])]), present, texts(["Zoë", None, ""]),
               texts([None, None, None]), numbers([1, None, 0], "b"), numbers([1, -2, 3], "i"), numbers([1, None, 3], "q"),
               numbers([1.5, None, -0.0], "f"))
    return file.bytes()


LOOK = """
import json
def azureml_main(df):
    look = {name: [str(df[name].dtype), [None if cell is None or cell != cell else str(cell) for cell in df[name].tolist()]]
            for name in df.columns}
    look["kind"].append([df["kind"].cat.ordered, df["kind"].cat.categories.tolist()])
    print(json.dumps(look))
    return df
"""


def expected(pandas):
    units = ["s", "ms", "us", "ns"] if pandas > 1 else ["ns"] * 4
    text = "str" if pandas > 2 else "object"
    naive = ["2020-09-13 12:26:40", None, "1969-12-31 23:59:59"]
    zoned = ["2020-09-13 14:26:40+02:00", None, "1970-01-01 00:59:59+01:00"]
    return {**{f"t{i}": [f"datetime64[{unit}]", naive] for i, unit in enumerate(units)},
            **{f"z{i}": [f"datetime64[{unit}, {ZONE}]", zoned] for i, unit in enumerate(units)},
            "flag": ["bool", ["True", "False", "True"]], "maybe": ["object", ["True", None, "False"]],
            "text": [text, ["Zoë", None, ""]], "no text": [text, [None] * 3],
            "kind": ["category", ["high", None, "low"], [True, ["low", "high"]]], "whole": ["int32", ["1", "-2", "3"]],
            "some": ["float64", ["1.0", None, "3.0"]], "real": ["float32", ["1.5", None, "-0.0"]]}


def test_m_every_kind_is_what_this_pandas_makes_of_it(fleet, pandas, tmp_path):
    (tmp_path / "table.arrow").write_bytes(table())
    run = under(fleet, pandas, LOOK, "--dataframe1", tmp_path / "table.arrow")
    assert said(run) == expected(pandas)
    again = under(fleet, pandas, LOOK, "--dataframe1", shutil.copy(run.out / "dataset1.arrow", tmp_path / "again.arrow"))
    assert said(again) == expected(pandas)


def test_m_views_of_every_kind(fleet, pandas, tmp_path):
    (tmp_path / "table.arrow").write_bytes(table())
    run = under(fleet, pandas, WHERE + """
import json
def azureml_main(df):
    arrays = {name: df[name].array.asi8 for name in df.columns if name[0] in "tz" and name != "text"}
    arrays.update({name: df[name].to_numpy() for name in ("flag", "whole", "some", "real")}, kind=df["kind"].array.codes)
    print(json.dumps({name: is_view(array) for name, array in arrays.items()}))
""", "--dataframe1", tmp_path / "table.arrow")
    assert said(run) == dict.fromkeys([*(f"{kind}{unit}" for kind in "tz" for unit in range(4)), "flag", "whole", "some", "real",
                                       "kind"], True)


RESULTS = """
import datetime, decimal
import numpy as np, pandas as pd
def azureml_main():
    odd = pd.DataFrame({"Größe": [1.5, None], "数": [1, 2], "": ["a", None]})
    odd.columns = ["Größe", "数", "数"]
    cells = pd.DataFrame({"bytes": [b"\\0x", None], "flags": pd.array([True, None], dtype="boolean"),
        "whole": pd.array([1, None], dtype="Int64"), "words": pd.array(["x", None], dtype="string"),
        "mixed": pd.Series(["a", 1], dtype=object), "list": pd.Series([[1], None], dtype=object),
        "decimal": [decimal.Decimal("1.5"), None], "kinds": pd.Categorical(["u", None], categories=["v", "u"], ordered=True),
        "zone": pd.Series(pd.DatetimeIndex(["2020-01-01 10:00", None])).dt.tz_localize("America/St_Johns"),
        "small": np.array([1, 2], "u1"), "f4": np.array([np.nan, 2], "f4"), "period": pd.Series(pd.period_range("2020", periods=2))})
    return {"odd": odd, "cells": cells, "empty": pd.DataFrame({"a": []}), "array": pd.DataFrame(np.arange(6.0).reshape(2, 3)),
            "index": pd.DataFrame({"k": [3, 4], "v": [1, 2]}).set_index("k")}
"""
OUTPUTS = ("odd", "cells", "empty", "array", "index")


def test_m_results_are_the_same_whoever_makes_them(fleet, tmp_path):
    """Each output of each version, read by one: equal in names, types, values and gaps."""
    kept = {}
    for pandas in PYTHONS:
        run = under(fleet, pandas, RESULTS)
        assert sorted(path.stem for path in run.out.glob("*.arrow")) == sorted(OUTPUTS)
        kept[pandas] = shutil.copytree(run.out, tmp_path / f"kept{pandas}")
        shutil.rmtree(run.out)
    for name in OUTPUTS:
        files = [word for pandas in PYTHONS for word in (f"--dataframe{pandas}", kept[pandas] / f"{name}.arrow")]
        run = under(fleet, 1, "import pandas as pd\n"
                    "def azureml_main(one, *others):\n"
                    "    print(one.dtypes)\n"
                    "    for other in others:\n"
                    "        pd.testing.assert_frame_equal(one, other, check_exact=True)\n", *files)
        assert run.script_out.count("\n") > 1
        shutil.rmtree(run.out)


CSV = "\ufeffname,score,when,ok\nZoë,1.5,2020-01-01,True\n,,x,False\n"


def test_m_tables_are_typed_alike(fleet, pandas, tmp_path):
    (tmp_path / "t.csv").write_text(CSV, encoding="utf-8")
    run = under(fleet, pandas, "import json\ndef azureml_main(df):\n"
                "    print(json.dumps({name: str(df[name].dtype) for name in df.columns}))\n", "--dataframe1", tmp_path / "t.csv")
    text = "str" if pandas == 3 else "object"
    assert said(run) == {"name": text, "score": "float64", "when": text, "ok": "bool"}


def test_m_a_failure_names_its_line(fleet, pandas):
    run = ended(fleet, pandas, "import pandas as pd\ndef azureml_main():\n    return pd.DataFrame({'a': [1]})['b']\n")
    assert run.job["reason"] == "exception"
    assert run.job["exception"] == {"type": "KeyError", "message": "'b'", "line": 3}
    told = run.script_err.replace(str(ROOT), "")  # the environment lies in the checkout, whatever that is called
    assert told.startswith("Traceback (most recent call last):\n") and "quern" not in told


def test_m_a_result_that_is_none(fleet, pandas):
    run = ended(fleet, pandas, "def azureml_main():\n    return {'a': [1, 2], 'b': [1]}\n")
    assert run.job["message"] == ("Unsupported return type. Failed to convert return value from type "
                                           "<class 'dict'> to type pd.DataFrame.")


def test_m_pictures(fleet, pandas):
    run = under(fleet, pandas, "import matplotlib\nmatplotlib.use('TkAgg')\nimport matplotlib.pyplot as plt\n"
                "def azureml_main():\n    plt.plot([1, 2])\n    plt.savefig('a.png')\n")
    assert (run.out / "visualization.png").read_bytes()[:4] == b"\x89PNG"


# ---- descriptors that do not lead to a Python ----


def test_m_a_profile_that_the_pandas_contradicts(quern, config):
    describe(config, "odd", PYTHONS[2], "profile = ns")
    run = quern("def azureml_main():\n    pass\n", "--env", "odd")
    assert run.code == 78
    assert "environment odd: profile: expected pandas 1, found 2." in run.stderr


@pytest.fixture
def public():
    """A directory that everybody may enter, as those of pytest are not."""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        yield pathlib.Path(directory)


@pytest.mark.parametrize("way", ["closed/bin/python", "link/python"])
def test_f_a_python_behind_a_closed_door(quern, config, public, way):
    """As in a private home: who runs jobs for root is not root. Mode 0 closes it to anybody else too."""
    closed = public / "closed"
    (closed / "bin").mkdir(parents=True)
    (closed / "bin" / "python").symlink_to("/usr/bin/python3")
    (public / "link").symlink_to("closed/bin")
    describe(config, "closed", public / way)
    closed.chmod(0)
    try:
        run = quern("def azureml_main():\n    pass\n", "--env", "closed")
    finally:
        closed.chmod(0o700)
    assert run.code == 78
    assert run.job["message"] == (f"the interpreter {public / way}: jobs cannot enter {closed}: expected a directory open to "
                                  f"others: make the environment elsewhere, such as in /opt, or chmod o+x {closed}")


# ---- what the libraries removed ----

OLD = """import pandas as pd
from sklearn.cross_validation import KFold
def azureml_main(dataframe1):
    dataframe1.sort("x", inplace=True)
    print(len(list(KFold(4, 2))))
    return dataframe1.ix[dataframe1.x > 1, ["x"]].append({"x": 9}, ignore_index=True)
"""


@pytest.fixture
def unsorted(tmp_path):
    path = tmp_path / "unsorted.csv"
    path.write_text("x,t\n3,a\n1,b\n2,c\n")
    return path


MENDED = "DataFrame.sort is gone since pandas 0.20: write .sort_values"


def test_m_old_scripts_run_in_jobs_and_environments_that_want_it(quern, fleet, config, unsorted, pandas):
    job = under(fleet, pandas, OLD, "--legacy", "--dataframe1", unsorted)
    assert job.script_out == "2\n" and any(MENDED in warning for warning in job.job["warnings"])
    describe(config, "old", PYTHONS[pandas], "legacy = yes")
    run = quern(OLD, "--env", "old", "--dataframe1", str(unsorted))
    assert run.code == 0, run.stderr
    assert run.script_out == "2\n" and MENDED in run.stderr


def test_m_without_it_the_failure_names_it(quern, unsorted):
    """Under each pandas: tests/module/test_glue_legacy.py."""
    run = quern(OLD, "--env", "pandas3", "--dataframe1", str(unsorted))
    assert run.code == 1
    assert "sklearn.cross_validation is gone since scikit-learn 0.20: write sklearn.model_selection; --legacy brings it back" in run.stderr
