"""`quern run --pdb`: the debugger opens at the script's line, inside the jail, on the user's terminal."""
import os
import pty
import subprocess

from fleet import QUERN, ROOT

SCRIPT = "def azureml_main(dataframe1=None):\n    local = 41\n    return dataframe1['nope']\n"


def converse(command, environment, said):
    """Runs a command on a terminal of its own; `said`: lines typed. Returns (exit code, all that was shown)."""
    ours, its = pty.openpty()
    process = subprocess.Popen(command, stdin=its, stdout=its, stderr=its, env=environment, start_new_session=True)
    os.close(its)
    os.write(ours, "".join(line + "\n" for line in said).encode())
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the last process that had the terminal is gone
            break
        if not part:
            break
        shown += part
    os.close(ours)
    return process.wait(timeout=60), shown.decode(errors="replace")


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
