# SPDX-License-Identifier: Apache-2.0
"""docs/porting.md: its files are as it shows them, and its commands work, one after the other."""
import re
import shutil
import subprocess

from fleet import PATIENCE_SECONDS, ROOT

PAGE = (ROOT / "docs" / "porting.md").read_text()
NEEDED = ("pima_diabetes.csv", "bundle.zip", "with_bundle.py", "scatter_matrix.py", "train_model.py", "score_model.py")
FILE = re.compile(r"```python\n# file: (\S+)\n(.*?)```", re.DOTALL)


def commands():
    return [line[4:] for line in FILE.sub("", PAGE).splitlines() if line.startswith("    ")]


def test_b_the_commands_of_the_page_work(fleet):
    fleet.host(workers={"count": 2})
    place = fleet.directory / "desk"
    place.mkdir()
    for name in NEEDED:
        shutil.copy(ROOT / "examples" / name, place)
    for name, text in FILE.findall(PAGE):
        (place / name).write_text(text)
    program = fleet.command[-1]
    script = "set -e\n" + "".join(f"echo '+ {line}'\n{line}\n" for line in commands())
    done = subprocess.run(["/bin/bash", "-c", script], cwd=place, capture_output=True, text=True, timeout=PATIENCE_SECONDS,
                          env={**fleet.environment, "PATH": f"{program.parent}:/usr/bin:/bin"}, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    assert "Input pandas.DataFrame #1: (768, 9)\n" in done.stdout and done.stdout.count("+ quern ") > 20
    assert "KeyError: 'age '" in done.stdout and "DataFrame.ix is gone since pandas 1.0" in done.stderr
    assert (place / "out" / "dataset1.arrow").exists() and (place / "scored" / "job.json").exists()
    assert list((place / "logged").glob("**/head.csv"))
    assert "quern run fails.py --dataframe1 ./dataframe1.arrow --pdb" in (place / "case" / "README.md").read_text()
