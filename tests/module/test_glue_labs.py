# SPDX-License-Identifier: Apache-2.0
"""Twenty scripts in the manner of courses of 2014 to 2020 (labs/): a job gives the frames that the function gives in a plain
Python process, without quern. Those of removed APIs run with `legacy` and are held beside their modern form, NAME_today.py.
The same under each pandas."""
import io
import os
import pickle
import subprocess
import sys
import zipfile

import matplotlib.pyplot  # noqa: F401  the jobs are forks of this process
import numpy as np
import pandas as pd
import pytest
import sklearn.cluster  # noqa: F401
import sklearn.ensemble  # noqa: F401
import sklearn.model_selection  # noqa: F401

from glue_job import ROOT, run

LABS = os.path.join(ROOT, "tests", "module", "labs")
PIMA = os.path.join(ROOT, "examples", "pima_diabetes.csv")
BANDS = os.path.join(ROOT, "examples", "age_bands.csv")
OLD = ("old_pandas", "old_sklearn", "old_numpy")
TWO = ("r_habits", "two_inputs")
PICTURES = {"several_figures": 4, "clusters": 1, "old_pandas": 1}
BUNDLE = {
    "helpers/__init__.py": "", "lookup.py": "LABELS = {'pos': 'yes', 'neg': 'no'}\n", "notes.txt": "note é\n",
    "helpers/clean.py": "def fill(d):\n    return d.fillna({'mass': d['mass'].mean()})\n",
    "data/bands.csv": open(BANDS).read(),
}
NAMES = sorted(name[:-3] for name in os.listdir(LABS) if name.endswith(".py") and not name.endswith("_today.py"))


def inputs(name):
    return [PIMA, BANDS] if name in TWO else [PIMA]


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """{name: the list of frames that the function gave}"""
    home = tmp_path_factory.mktemp("plain")
    for name, text in BUNDLE.items():
        path = home / "Script Bundle" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    jobs = [f"{name}{'_today' * (name in OLD)}={','.join(inputs(name))}" for name in NAMES]
    subprocess.run([sys.executable, os.path.join(ROOT, "tests", "module", "labs_plain.py"), home / "made", *jobs], check=True,
                   cwd=home, stdout=subprocess.DEVNULL, timeout=120)
    made = pickle.loads((home / "made").read_bytes())
    return {name.removesuffix("_today"): [value for value in listed(value)] for name, value in made.items()}


def listed(value):
    return value if isinstance(value, (tuple, list)) else [value]


def expected(value):
    """What the contract makes of one returned thing: no index, names of text, the second of equal ones numbered."""
    frame = value.to_frame("column") if isinstance(value, pd.Series) else value.copy()
    frame = frame.reset_index(drop=True)
    names = [str(name) for name in frame.columns]
    frame.columns = [name if names.index(name) == at else f"{name} (2)" for at, name in enumerate(names)]
    return frame.map(cell) if hasattr(frame, "map") else frame.applymap(cell)


def cell(value):
    return '["' + '", "'.join(value) + '"]' if isinstance(value, list) else value


def bundle():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name, text in BUNDLE.items():
            file.writestr(name, text)
    return made.getvalue()


def ran(name, directory):
    zipped = directory / "lib.zip"
    zipped.write_bytes(bundle())
    fd = os.open(zipped, os.O_RDONLY) if name == "uses_bundle" else -1
    with open(os.path.join(LABS, f"{name}.py"), "rb") as file:
        script = file.read()
    job = run(directory, script, [pd.read_csv(one) for one in inputs(name)], legacy=name in OLD, bundle=fd, bundle_name="lib.zip")
    if fd >= 0:
        os.close(fd)
    return job


def test_m_there_are_twenty():
    assert len(NAMES) == 20


@pytest.mark.parametrize("name", NAMES)
def test_m_a_job_gives_what_the_function_gives(name, plain, tmp_path):
    job = ran(name, tmp_path)
    assert job.raised is None, job.err
    for port, value in enumerate(plain[name], 1):
        found = job.results.pop(port if port < 3 else f"output{port}", None)
        if value is None:
            assert found is None
            continue
        wanted = expected(value)
        assert list(found.columns) == list(wanted.columns)
        if name == "pickled_model":  # two pickles of one model may differ in what they share
            found, wanted = found.iloc[:, -1:], wanted.iloc[:, -1:]
            if port == 1:
                assert isinstance(pickle.loads(found["raw"][0]), dict)
                continue
        pd.testing.assert_frame_equal(found, wanted, check_dtype=False, check_column_type=False)
    assert job.results == {}
    pictures = [file for file in os.listdir(tmp_path / "work") if file.endswith(".png")]
    assert len(pictures) == PICTURES.get(name, 0)


def test_m_numbers_are_the_same_to_the_last_bit(plain, tmp_path):
    found = ran("forest_ranking", tmp_path).results[1]
    assert np.array_equal(found["1"].to_numpy(), plain["forest_ranking"][0][1].to_numpy())
