# SPDX-License-Identifier: Apache-2.0
"""`quern check`, and `quern submit`, which checks first. What is found in which script: tests/module/test_glue_lint.py."""
import json
import os
import subprocess

from fleet import PATIENCE_SECONDS, QUERN, ROOT

GOOD = "import os\nprint('run')\nos._exit(3)\ndef azureml_main(d, e): return d\n"
DOUBTFUL = "import quern\ndef azureml_main(d):\n    return nothing\n"
BAD = "def azureml_main(d):\n    print 'a'\n"
TOLD = ("bad.py:2:5: error: SyntaxError: Missing parentheses in call to 'print'. Did you mean print(...)?; this is Python 2: "
        "write print(...)\n")


def check(directory, *words):
    done = subprocess.run([QUERN, "check", *words], cwd=directory, capture_output=True, text=True, timeout=PATIENCE_SECONDS,
                          env=dict(os.environ, XDG_DATA_HOME=str(directory)), stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


def test_b_a_script_is_read_and_not_run(tmp_path):
    for name, text in (("good", GOOD), ("doubtful", DOUBTFUL), ("bad", BAD)):
        (tmp_path / f"{name}.py").write_text(text)
    (tmp_path / "broken.zip").write_text("PK")
    assert check(tmp_path, "good.py") == (0, "", "✓ good.py: nothing is wrong with it that can be seen\n")
    told = "doubtful.py: warning: --param a: the script does not read it\ndoubtful.py:3:12: warning: the name 'nothing' is not defined\n"
    assert check(tmp_path, "doubtful.py", "--param", "a=1") == (0, told, "✓ doubtful.py may run: 2 warnings\n")
    assert check(tmp_path, "doubtful.py", "--param", "a=1", "--werror")[0] == 1
    assert check(tmp_path, "bad.py") == (1, TOLD, "✕ bad.py cannot run: 1 error, 0 warnings\n")
    code, out, err = check(tmp_path, "bad.py", "--json")
    assert (code, err) == (1, "") and json.loads(out) == {
        "file": "bad.py", "line": 2, "column": 5, "level": "error", "code": "syntax", "text": TOLD[len("bad.py:2:5: error: "):-1]}
    ports = ["--dataframe1", ROOT / "examples" / "pima_diabetes.csv", "--dataframe3", "a/key/that/nobody/has"]
    assert check(tmp_path, "good.py", *ports)[1] == (
        "good.py:4:1: warning: 'azureml_main' takes 2 dataset(s): number 3 will be ignored\n")
    bundle = ["--bundle", ROOT / "examples" / "bundle.zip"]
    assert check(tmp_path, ROOT / "examples" / "with_bundle.py", *bundle)[:2] == (0, "")
    assert check(tmp_path, "good.py", "--bundle", "broken.zip") == (
        1, "", "error: Script Bundle: error 0102: Given ZIP file is not in the correct format.\n")


def test_b_submit_refuses_only_what_cannot_run(fleet):
    bad, doubtful = fleet.directory / "bad.py", fleet.directory / "doubtful.py"
    bad.write_text(BAD)
    doubtful.write_text(DOUBTFUL)
    assert tuple(fleet.quern("submit", "bad.py")) == (
        1, "", f"{TOLD}error: bad.py cannot run\n  --no-check submits it all the same\n")
    assert fleet.keys() == [key for key in fleet.keys() if ":job:" not in key]
    code, out, err = fleet.quern("submit", "doubtful.py")
    assert (code, err) == (0, "doubtful.py:3:12: warning: the name 'nothing' is not defined\n") and fleet.state(out.strip())
    code, out, err = fleet.quern("submit", "bad.py", "--no-check")
    assert (code, err) == (0, "") and fleet.state(out.strip())


def test_m_environments_of_workers_only_hold_up_no_submission(fleet):
    (fleet.directory / "bad.py").write_text(BAD)
    fleet.set_home("default,gpu")
    try:
        code, out, err = fleet.quern("submit", "bad.py", "--env", "gpu")
    finally:
        fleet.set_home("default")
    assert (code, err) == (
        0, "note: the script was not checked: the environment 'gpu' cannot be asked on this machine\n")
    assert fleet.state(out.strip())
    place = fleet.directory / "config/quern/environments/gpu.conf"
    assert tuple(fleet.quern("check", "bad.py", "--env", "gpu")) == (
        2, "", f"error: --env: there is no environment 'gpu'\n  it would be described in {place}\n"
               "  where only workers have it: quern check without --env reads all but what hangs on its libraries, and "
               "quern submit --env gpu is not held up\n")
