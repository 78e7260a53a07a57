"""`quern run --pdb`: the debugger opens at the script's line, inside the jail, on the user's terminal."""
import os

from fleet import QUERN, ROOT
from typed import converse

SCRIPT = "def azureml_main(dataframe1=None):\n    local = 41\n    return dataframe1['nope']\n"


def test_b_debugger_opens_at_the_scripts_line(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    environment = dict(os.environ, TERM="dumb", XDG_DATA_HOME=str(tmp_path))
    code, shown = converse([QUERN, "run", path, "--dataframe1", ROOT / "examples" / "pima_diabetes.csv", "--pdb"],
                           environment, ["p local + 1", "p len(dataframe1)", "import os", "p os.getcwd()", "q"])
    assert code == 1, shown
    assert "user_script.py(3)azureml_main()" in shown and "-> return dataframe1['nope']" in shown
    assert "42" in shown and "768" in shown and "'/run/job'" in shown
    assert "KeyError: 'nope' (exception)" in shown


BREAKS = """import pandas as pd
def helper(frame):
    doubled = frame * 2
    breakpoint()
    return doubled
def azureml_main(d):
    try:
        helper(d)
    except BaseException as error:  # `q` in the debugger
        print("left by", type(error).__name__)
        raise
    return d
"""


def test_b_a_breakpoint_stops_in_the_script_and_the_job_goes_on(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(BREAKS)
    (tmp_path / "table.csv").write_text("a\n21\n")
    environment = dict(os.environ, TERM="dumb", XDG_DATA_HOME=str(tmp_path))
    command = [QUERN, "run", path, "--dataframe1", tmp_path / "table.csv", "--pdb"]
    code, shown = converse(command, environment, ["p doubled['a'].tolist()", "up", "p list(d)", "c"])
    assert code == 0, shown
    assert "-> return doubled" in shown and "[42]" in shown and "-> helper(d)" in shown and "['a']" in shown
    code, shown = converse(command, environment, ["q"])
    assert code != 0 and "left by BdbQuit" in shown


def test_b_a_script_that_is_no_python_fails_and_says_so_in_the_debugger_too(tmp_path):
    path = tmp_path / "script.py"
    path.write_text("def azureml_main(:\n")
    environment = dict(os.environ, TERM="dumb", XDG_DATA_HOME=str(tmp_path))
    code, shown = converse([QUERN, "run", path, "--pdb"], environment, [])
    assert code == 1 and "SyntaxError: invalid syntax" in shown and "(Pdb)" not in shown
