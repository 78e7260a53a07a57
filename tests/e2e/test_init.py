# SPDX-License-Identifier: Apache-2.0
"""`quern init`: what it writes runs, and it never writes over what is there."""
import os
import subprocess

from fleet import PATIENCE_SECONDS, QUERN, ROOT

PIMA = ROOT / "examples" / "pima_diabetes.csv"
STUB = ROOT / "ops" / "python" / "quern" / "__init__.pyi"


def quern(directory, *words):
    done = subprocess.run([QUERN, *words], cwd=directory, capture_output=True, text=True, timeout=PATIENCE_SECONDS,
                          env=dict(os.environ, XDG_DATA_HOME=str(directory)), stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


def test_b_a_new_script_is_right_and_runs_with_and_without_a_dataset(tmp_path):
    told = ("lab/one/script.py  a script to begin with\n"
            "lab/one/typings/quern/__init__.pyi  the types of the module quern, which editors find there\n"
            "next:\n  quern check lab/one/script.py\n  quern run lab/one/script.py\n"
            "  quern run lab/one/script.py --dataframe1 table.csv -o out\n")
    assert quern(tmp_path, "init", "lab/one") == (0, told, "")
    assert (tmp_path / "lab/one/typings/quern/__init__.pyi").read_text() == STUB.read_text()
    assert (tmp_path / "lab/one/typings/quern/py.typed").read_text() == ""
    script = "lab/one/script.py"
    assert quern(tmp_path, "check", script)[:2] == (0, "")
    code, out, _ = quern(tmp_path, "run", script)
    assert (code, out) == (0, "3 rows, columns: name, value\n")
    code, out, err = quern(tmp_path, "run", script, "--dataframe1", PIMA, "--param", "rows=7", "-o", "out")
    assert code == 0 and out.startswith("768 rows, columns: pregnant, ") and "7 × 9" in err, err


def test_b_nothing_that_is_there_is_written_over(tmp_path):
    (tmp_path / "script.py").write_text("mine")
    refusal = ("error: 'script.py' is there already, and is left as it is\n"
               "  name another one: quern init other.py; only the types: quern init --types\n")
    assert quern(tmp_path, "init") == (2, "", refusal)
    assert sorted(os.listdir(tmp_path)) == ["script.py"] and (tmp_path / "script.py").read_text() == "mine"
    assert quern(tmp_path, "init", "other.py")[0] == 0
    (tmp_path / "typings/quern/__init__.pyi").write_text("old")
    told = "typings/quern/__init__.pyi  the types of the module quern, which editors find there\n"
    assert quern(tmp_path, "init", "--types") == (0, told, "")
    assert (tmp_path / "typings/quern/__init__.pyi").read_text() == STUB.read_text()
