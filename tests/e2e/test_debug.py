# SPDX-License-Identifier: Apache-2.0
"""`quern debug JOB`: what a job had, on this machine: the same files, the same versions, the same failure."""
import io
import shlex
import subprocess
import zipfile

from fleet import PATIENCE_SECONDS
from typed import converse

SCRIPT = """import limits, quern
def azureml_main(d, e):
    print(sorted(d["a"]), list(e), limits.MOST, sorted(quern.params.items()))
    d.ix[0]
    raise ValueError(int(d["a"].sum()))
"""
PRINTED = "[1, 2] ['Col2', 'Col1'] 7 [('k', \"it's a=b, c\")]\n"


def zipped(name, text):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr(name, text)
    return made.getvalue()


def submitted(fleet):
    """A job that failed, and whose key names other data by now."""
    (fleet.directory / "rows.csv").write_text("a,b\n1,x\n2,y\n")
    (fleet.directory / "bare.tsv").write_text("1\t2\n")
    (fleet.directory / "lib.zip").write_bytes(zipped("limits.py", "MOST = 7\n"))
    fleet.says("dataset", "put", "rows.csv", "rows")
    script = fleet.directory / "score.py"
    script.write_text(SCRIPT)
    job = fleet.submit("score.py", "--dataframe1", "rows", "--dataframe2", "bare.tsv", "--no-header", "--columns2", "Col2,Col1",
                       "--bundle", "lib.zip", "--param", "k=it's a=b, c", "--legacy", "--timeout", "90s", "--memory", "1G", "-o",
                       "scores")
    fleet.host()
    fleet.in_state(job, "failed")
    (fleet.directory / "rows.csv").write_text("a,b\n5,x\n")
    fleet.says("dataset", "put", "rows.csv", "rows")
    script.write_text("raise SystemExit")
    return job


def test_b_a_failed_job_fails_here_as_it_did_there(fleet):
    job = submitted(fleet)
    code, out, err = fleet.quern("debug", job, "--no-run", "-o", "case")
    command = ("quern run score.py --dataframe1 ./dataframe1.arrow --dataframe2 ./dataframe2.tsv --columns2 Col2,Col1 --no-header "
               "--bundle bundle.zip --legacy --param 'k=it'\\''s a=b, c' --timeout 90s --memory 1G")
    assert (code, out) == (0, "") and err.endswith(f"▶ {command}\n"), err
    assert "note: nothing is published here: results go to the terminal and into out/\n" in err
    case = fleet.directory / "case"
    assert sorted(path.name for path in case.iterdir()) == ["README.md", "bundle.zip", "dataframe1.arrow", "dataframe2.tsv",
                                                            "score.py"]
    assert (case / "score.py").read_text() == SCRIPT
    told = (case / "README.md").read_text()
    assert told.startswith(f"# Job {job}\n\nfailed: ValueError: 3\n") and f"    {command} -o out\n" in told
    done = subprocess.run([*fleet.command, *shlex.split(command)[1:]], cwd=case, env=fleet.environment, capture_output=True,
                          text=True, timeout=PATIENCE_SECONDS, stdin=subprocess.DEVNULL)
    assert done.returncode == 1 and PRINTED in done.stdout and "ValueError: 3 (exception)" in done.stderr
    assert tuple(fleet.quern("debug", job, "--no-run", "-o", "case")) == (
        2, "", f"error: 'case' is there already, and is left as it is\n  name another directory: quern debug {job} -o DIR\n")
    assert tuple(fleet.quern("debug", job)) == (
        2, "", "error: the debugger needs a terminal on standard input and output, found none\n"
               "  without it: --no-pdb; only the directory: --no-run\n")
    code, out, err = fleet.quern("debug", "1", "--no-pdb")
    assert code == 1 and PRINTED in out and "ValueError: 3 (exception)" in err
    assert (fleet.directory / "debug-1" / "out" / "job.json").exists()
    environment = dict(fleet.environment, TERM="dumb")
    code, shown = converse([*fleet.command, "debug", job, "-o", "pdb"], environment, ["p d['a'].sum() * 100", "q"],
                           fleet.directory)
    assert code == 1 and "-> raise ValueError" in shown and "300" in shown and "no time limit here" in shown, shown
    code, _, err = fleet.quern("debug", job, "--no-run", "-o", "other", "--env", "nothing")
    assert code == 0 and "note: there is no environment nothing here" in err and "--env nothing" in err
