# SPDX-License-Identifier: Apache-2.0
"""The README's several machines: two quernd, a Redis for the queue, another one for the store; every command of it."""
import json
import subprocess

import pytest

from fleet import RELEASE, Fleet, Server

SCRIPT = "def azureml_main(dataframe1=None, dataframe2=None):\n    print(len(dataframe1))\n    return dataframe1,\n"


@pytest.fixture
def fleet():
    store = Server()
    with Fleet(store=store.store_url, environments=None) as fleet:
        (fleet.directory / "score.py").write_text(SCRIPT)
        (fleet.directory / "patients.csv").write_text("a,b\n1,x\n2,y\n")
        yield fleet
    store.close()


def test_b_several_machines_as_the_readme_has_them(fleet):
    script, table = fleet.directory / "score.py", fleet.directory / "patients.csv"
    assert fleet.says("queue", "home", "--store", fleet.store_url, "--environments", "default") == (
        f"store         {fleet.store_url}\nenvironments  default\n")
    for name in ("host3", "host4"):
        config = fleet.host(name).ready().config
        done = subprocess.run([RELEASE / "quernd", "--config", config, "--check"], env=fleet.environment,
                              capture_output=True, text=True, check=True)
        assert "can be used" in done.stdout
    found = json.loads(fleet.says("doctor", "--json"))["findings"]
    assert [entry for entry in found if entry["level"] == "fault"] == []
    assert ("workers", "2 at the queue 'default'") in [(entry["what"], entry["text"]) for entry in found]
    assert sorted(line.split()[0] for line in fleet.says("worker", "ls").splitlines()[1:]) == ["host3:0", "host4:0"]
    job = fleet.submit(script, "--dataframe1", table, "-o", "scores", "--wait")
    fleet.says("result", job, "-o", fleet.directory / "out")
    assert (fleet.directory / "out/stdout.txt").read_text() == "2\n"
    assert fleet.says("dataset", "head", "scores").splitlines()[-1] == "2 rows × 2 columns"
    assert fleet.says("run", script, "--dataframe1", "scores") == "2\n"
    assert fleet.says("worker", "drain", "host3") == "host3:0 drains: it ends its job and takes no other\n"
    assert "host3:0  ◌ draining" in fleet.says("worker", "ls")
    before = len(fleet.hosts[0].events("job done"))
    for _ in range(4):
        fleet.submit(script, "--dataframe1", "scores", "--wait")
    assert len(fleet.hosts[0].events("job done")) == before
    assert len(fleet.hosts[1].events("job done")) >= 2
