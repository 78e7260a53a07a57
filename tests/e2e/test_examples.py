# SPDX-License-Identifier: Apache-2.0
"""The six scripts of examples/, run as the README says, and what they are good for: right results."""
import csv
import os
import struct
import subprocess

import pytest

from fleet import PATIENCE_SECONDS, QUERN, ROOT
from runs import Run
from segments import dump

EXAMPLES = ROOT / "examples"
PIMA = EXAMPLES / "pima_diabetes.csv"
FEATURES = {"pregnant", "glucose", "pressure", "triceps", "insulin", "mass", "pedigree", "age"}


@pytest.fixture
def example(tmp_path):
    """example("with_bundle", "--bundle", zip) -> Run over the diabetes table. `out` names the directory."""

    def run(name, *options, out="out"):
        environment = dict(os.environ, XDG_DATA_HOME=str(tmp_path / "data"))
        done = subprocess.run([QUERN, "run", EXAMPLES / f"{name}.py", "--dataframe1", PIMA, "-o", tmp_path / out, *options],
                              capture_output=True, text=True, timeout=PATIENCE_SECONDS, env=environment, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, done.stderr
        return Run(done, tmp_path / out)

    return run


def table(run, port, tmp_path):
    """{column name: values} of a result, in order; codes as the values that they stand for."""
    said = dump((run.out / f"{port}.arrow").read_bytes(), tmp_path)
    assert not isinstance(said, str), said
    return {column["name"]: words(column) for column in said[1]}


def words(column):
    if "dictionary" not in column:
        return column["values"]
    return [None if code < 0 else column["dictionary"][code] for code in column["values"]]


def people():
    """The diabetes table as a list of dicts of text; a missing value is ''."""
    with open(PIMA, newline="") as file:
        return list(csv.DictReader(file))


def outputs(run):
    """{port: (rows, columns)} of the record."""
    return {output["port"]: (output["rows"], output["columns"]) for output in run.job["outputs"]}


def picture_size(run):
    head = (run.out / "visualization.png").read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n" and head[12:16] == b"IHDR"
    return struct.unpack(">II", head[16:24])


def test_b_feature_importance_ranks_all_columns_and_joins_two_pictures(example, tmp_path):
    run = example("feature_importance")
    ranked = table(run, "dataset1", tmp_path)
    assert list(ranked) == ["feature", "importance", "std"]
    assert set(ranked["feature"]) == FEATURES and len(ranked["feature"]) == len(FEATURES)
    assert ranked["importance"] == sorted(ranked["importance"], reverse=True)
    assert sum(ranked["importance"]) == pytest.approx(1)
    assert ranked["feature"][0] == "glucose" and all(0 < spread < 1 for spread in ranked["std"])
    assert run.script_out == "392 of 768 rows are complete\n"
    # 6.4 × 3.6 and 6.4 × 3.0 inches at 100 dots each, one above the other.
    assert run.job["pictures"] == {"count": 2, "width": 640, "height": 660}
    assert picture_size(run) == (640, 660)


def test_b_join_inputs_gives_two_tables(example, tmp_path):
    run = example("join_inputs", "--dataframe2", EXAMPLES / "age_bands.csv")
    joined, means = table(run, "dataset1", tmp_path), table(run, "dataset2", tmp_path)
    assert outputs(run) == {"dataset1": (768, 10), "dataset2": (4, 3)}
    assert list(joined) == [*people()[0], "band"]
    assert joined["age"] == [int(person["age"]) for person in people()]
    assert joined["glucose"] == [float(person["glucose"]) if person["glucose"] else None for person in people()]
    assert joined["band"] == [band(age) for age in joined["age"]]
    assert means["band"] == ["adult", "middle", "old", "young"]
    for place, name in enumerate(means["band"]):
        known = [mass for mass, one in zip(joined["mass"], joined["band"]) if one == name and mass is not None]
        assert means["mass"][place] == pytest.approx(sum(known) / len(known))


def band(age):
    return "young" if age <= 24 else "adult" if age <= 34 else "middle" if age <= 49 else "old"


def test_b_scatter_matrix_gives_a_picture_and_no_table(example):
    run = example("scatter_matrix")
    assert outputs(run) == {"visualization": (0, 0)}
    assert run.job["pictures"] == {"count": 1, "width": 800, "height": 800}
    assert picture_size(run) == (800, 800)


def test_b_with_bundle_uses_a_module_and_a_file_of_the_bundle(example, tmp_path):
    run = example("with_bundle", "--bundle", EXAMPLES / "bundle.zip")
    limits = (EXAMPLES / "bundle" / "limits.csv").read_text().replace("\n", " ")
    assert run.script_out == f"Script Bundle: unpacked bundle.zip, 2 files\nlimits: {limits}\n"
    shares = table(run, "dataset1", tmp_path)
    assert list(shares) == ["class", "people", "share"]
    assert shares["class"] == ["underweight", "normal", "overweight", "obese"]
    # Whose body mass is not known has no class.
    assert sum(shares["people"]) == sum(bool(person["mass"]) for person in people())
    assert shares["share"] == sorted(shares["share"]) and 0 <= shares["share"][0] and shares["share"][-1] <= 1


def test_b_a_model_trained_in_one_job_scores_in_another(example, tmp_path):
    trained = example("train_model", out="model")
    model = table(trained, "dataset1", tmp_path)
    assert list(model) == ["model", "features", "accuracy"]
    assert model["features"] == ["glucose,mass,age,pregnant"] and 0.7 < model["accuracy"][0] < 0.9
    run = example("score_model", "--dataframe2", trained.out / "dataset1.arrow")
    scored = table(run, "dataset1", tmp_path)
    complete = [p for p in people() if p["glucose"] and p["mass"] and p["age"] and p["pregnant"]]
    assert outputs(run) == {"dataset1": (len(complete), 10)} and len(complete) == 752
    assert all(0 < probability < 1 for probability in scored["probability"])
    assert scored["probability"] == sorted(scored["probability"], reverse=True)
    right = sum((probability > 0.5) == (label == "pos")
                for probability, label in zip(scored["probability"], scored["diabetes"]))
    assert right / len(complete) > 0.75
