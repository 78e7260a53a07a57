# SPDX-License-Identifier: Apache-2.0
"""A store on a Redis that wants a password: it comes from a file, at every door."""
import json

import pytest

from fleet import Fleet, Server

LINES = "def azureml_main(dataframe1):\n    print(len(dataframe1))\n    return dataframe1,\n"
TABLE = "a,b\n1,2\n3,4\n"


@pytest.fixture
def store():
    server = Server("--requirepass", "s3cret")
    yield server
    server.close()


@pytest.fixture
def fleet(store):
    with Fleet(environments=None) as fleet:
        fleet.store_url = store.store_url
        fleet.set_home("default")
        fleet.secret = fleet.directory / "secret"
        fleet.secret.write_text("s3cret\n")
        (fleet.directory / "table.csv").write_text(TABLE)
        fleet.environment["QUERN_STORE_PASSWORD_FILE"] = str(fleet.secret)
        yield fleet


def test_f_jobs_and_their_datasets(fleet):
    fleet.host(store={"password_file": fleet.secret}).ready()
    fleet.says("dataset", "put", "table.csv", "table")
    job = fleet.submit(LINES, "--dataframe1", "table", "-o", "again")
    assert fleet.in_state(job, "succeeded")["attempts"] == 1
    assert fleet.says("dataset", "head", "again").splitlines()[-1] == "2 rows × 2 columns"
    assert fleet.says("run", fleet.script(LINES), "--dataframe1", "again") == "2\n"
    assert "s3cret" not in fleet.says("doctor", "--json")


def test_f_a_store_of_its_own(fleet):
    url = f"{fleet.store_url}?prefix=own"
    fleet.says("dataset", "put", "table.csv", "table", "--store", url)
    script = fleet.script(LINES)
    assert fleet.says("run", script, "--dataframe1", "table", "--store", url) == "2\n"
    assert json.loads(fleet.says("dataset", "ls", "--json", "--store", url))["key"] == "table"
    del fleet.environment["QUERN_STORE_PASSWORD_FILE"]
    code, out, err = fleet.quern("run", script, "--dataframe1", "table", "--store", url)
    assert (code, out) == (77, "") and "this Redis wants a password" in err
    settings = fleet.directory / "config/quern/quern.ini"
    settings.parent.mkdir(parents=True)
    settings.write_text(f"[store]\npassword_file = {fleet.secret}\n")
    assert fleet.says("run", script, "--dataframe1", "table", "--store", url) == "2\n"


def test_f_who_has_read_a_password_jails_as_well_as_others(fleet):
    """An ordinary user's process that is closed may not map the ids of what it starts, unless that opens up."""
    url = f"{fleet.store_url}?prefix=own"
    fleet.says("dataset", "put", "table.csv", "table", "--store", url)
    script = fleet.script(LINES)
    with_key, with_file = (json.loads(fleet.says("run", script, "--json", "--store", url, "--dataframe1", word))
                           for word in ("table", "./table.csv"))
    assert with_key["jail"] == with_file["jail"]


def test_f_a_password_that_cannot_be_read_is_told(fleet):
    fleet.environment["QUERN_STORE_PASSWORD_FILE"] = "/nothing"
    url = f"{fleet.store_url}?prefix=own"
    assert tuple(fleet.quern("dataset", "ls", "--store", url)) == (
        78, "", "error: password file /nothing: No such file or directory\n")
    fleet.secret.write_text("\n")
    fleet.environment["QUERN_STORE_PASSWORD_FILE"] = str(fleet.secret)
    assert tuple(fleet.quern("dataset", "ls", "--store", url)) == (
        78, "", f"error: password file {fleet.secret}: expected a first line of 1 to 512 bytes\n")
    # A directory wants none.
    assert tuple(fleet.quern("dataset", "ls", "--store", f"file:{fleet.directory}/plain", "--json")) == (0, "", "")
