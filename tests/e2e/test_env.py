# SPDX-License-Identifier: Apache-2.0
"""`quern env`: made, listed, shown, used and removed; what does not work is not kept."""
import json

import pytest

from env_home import NO_NUMPY, env, environment, home, names, nothing_is_left, offline, pandas3, quick, small, write_wheel  # noqa: F401


def test_b_made_used_and_removed(env, home, environment, offline, pandas3):
    """As by everybody: of the default Python, packages from where pip looks for them."""
    environment.update(PIP_NO_INDEX="1", PIP_FIND_LINKS=str(pandas3))
    (home / "requirements.txt").write_text("borrowed\n")
    (home / "script.py").write_text("import pandas\ndef azureml_main():\n    print(pandas.__version__)\n")
    code, _, err = env("create", "new", "--requirements", "requirements.txt")
    assert code == 0, err
    python = home / "data/quern/environments/new/bin/python"
    file = home / "config/quern/environments/new.conf"
    assert names(env) == ["default", "new"]
    code, out, _ = env("show", "new", "--json")
    shown = json.loads(out)
    assert (code, shown["python"], shown["file"], shown["error"]) == (0, str(python), str(file), None)
    assert shown["found"]["pandas"].startswith("3.") and shown["found"]["profile"] == "units"
    code, out, err = env("script.py", "--env", "new", verb="run")
    assert code == 0 and shown["found"]["pandas"] in out + err
    assert env("create", "new", "--requirements", "requirements.txt") == (
        2, "", f"error: NAME: there is an environment 'new' already: {file}\n  remove it: quern env rm new\n")
    assert env("rm", "new") == (0, f"removed {file}\nremoved {python.parents[1]}\n", "")
    assert names(env) == ["default"] and list((home / "data/quern/environments").iterdir()) == []


def test_c_what_does_not_start_is_not_kept(env, home, quick):
    (home / "requirements.txt").write_text("# nothing\n")
    code, _, err = env("create", "bare", "--python", quick, "--requirements", "requirements.txt")
    assert code == 78
    assert err.endswith("error: environment bare: " + NO_NUMPY)
    assert names(env) == ["default"] and list((home / "data/quern/environments").iterdir()) == []


@pytest.mark.parametrize("words, message", [
    (["create", "x"], "quern env create: expected --requirements FILE or --wheelhouse DIR, found neither\n"
                      "  its use: quern help env create"),
    (["create", "x", "-r", "no.txt"], "--requirements: there is no file 'no.txt'"),
    (["create", "x", "--wheelhouse", "no"], "--wheelhouse: there is no directory 'no'"),
    (["create", "../x", "-r", "no.txt"], "NAME: '../x' is not a name; expected 1 to 64 of A-Z a-z 0-9 _ . -"),
    (["rm", "default"], "NAME: 'default' is built in"),
])
def test_b_usage(env, words, message):
    assert env(*words) == (2, "", f"error: {message}\n")


def test_b_a_file_that_cannot_be_used_is_listed_with_its_fault(env, home):
    file = home / "config/quern/environments/odd.conf"
    file.parent.mkdir(parents=True)
    file.write_text("[environment]\nsnake = yes\n")
    code, out, _ = env("ls", "--json")
    odd = json.loads(out.splitlines()[1])
    assert (code, odd["name"]) == (0, "odd")
    assert odd["error"].startswith(f"{file}: odd: line 2: expected python, profile, preload, network or legacy")
    assert env("rm", "odd")[0] == 0 and not file.exists()


# ---- wheels ----

def test_b_a_wheelhouse_needs_no_network(env, offline, quick, pandas3):
    code, out, err = env("create", "off", "--python", quick, "--wheelhouse", pandas3)
    assert (code, out) == (0, ""), err
    assert "✓ prove " in err and err.endswith("use it: quern run SCRIPT --env off\n")
    code, out, err = env("show", "off", "--json")
    assert code == 0 and json.loads(out)["found"]["pandas"].startswith("3."), err


def test_b_requirements_are_taken_from_the_wheelhouse(env, home, offline, quick, small):
    write_wheel(small, "other")
    (home / "requirements.txt").write_text("other\n")
    code, _, err = env("create", "off", "--python", quick, "--wheelhouse", small, "--requirements", "requirements.txt")
    assert "Successfully installed other-1\n✓ install" in err
    assert code == 78 and err.endswith(NO_NUMPY) and nothing_is_left(home)


def test_b_what_the_wheelhouse_lacks_is_not_looked_for_elsewhere(env, home, quick):
    (home / "requirements.txt").write_text("six\n")
    (home / "wheels").mkdir()
    code, _, err = env("create", "off", "--python", quick, "--wheelhouse", "wheels", "--requirements", "requirements.txt")
    assert code == 78 and "No matching distribution found for six" in err
    assert err.endswith(f"error: {home}/data/quern/environments/off/bin/python failed with exit code 1\n")
    assert nothing_is_left(home)
    code, _, err = env("create", "off", "--python", quick, "--wheelhouse", "wheels")
    assert code == 78 and err.endswith("error: --wheelhouse: wheels: expected wheels, found none\n")
    assert nothing_is_left(home)
