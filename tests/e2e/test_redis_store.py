# SPDX-License-Identifier: Apache-2.0
"""A store on Redis behind the verbs of one machine, and behind a fleet."""
import hashlib
import json
import os
import re
import subprocess

import pytest

from arrow_file import Array, Field, File, int_type
from fleet import PATIENCE_SECONDS, RELEASE, Fleet, Redis, Server, eventually

SCRIPT = """
def azureml_main(dataframe1=None, dataframe2=None):
    return dataframe1.assign(z=dataframe1["x"] * 2)
"""


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


@pytest.fixture
def desk(tmp_path, server):
    """desk("ls") runs `quern dataset ls` on the store -> (exit code, stdout, stderr)."""
    (tmp_path / "t.csv").write_text("x,y\n1,a\n2,b\n")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def run(*words, verb=("dataset",)):
        done = subprocess.run([RELEASE / "quern", *verb, *words, "--store", f"redis+unix:{server.path}"], cwd=tmp_path,
                              env=environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS, stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout, done.stderr

    return run


def good(result):
    assert result[0] == 0, result
    return result[1]


def test_b_the_dataset_verbs_work_on_it(desk, tmp_path):
    assert "no key" not in desk("ls")[2]
    good(desk("put", "t.csv", "tables/t"))
    good(desk("cp", "tables/t", "tables/u"))
    assert [line.split()[0] for line in good(desk("ls")).splitlines()] == ["tables/t", "tables/u"]
    good(desk("get", "tables/u", "back.arrow"))
    version = "sha256-" + hashlib.sha256((tmp_path / "back.arrow").read_bytes()).hexdigest()
    assert version[:19] in good(desk("ls", "tables/u"))
    good(desk("get", "tables/u", "back.csv"))
    assert (tmp_path / "back.csv").read_text() == "x,y\n1,a\n2,b\n"
    assert "a" in good(desk("head", "tables/t")) and "2 rows" in good(desk("show", "tables/t"))
    good(desk("rm", "tables/t"))
    code, _, said = desk("get", "tables/t", "back.arrow")
    assert code != 0 and "there is no dataset 'tables/t' in the store" in said and "did you mean 'tables/u'?" in said


def test_b_a_run_takes_its_input_from_it(desk, tmp_path):
    (tmp_path / "double.py").write_text(SCRIPT)
    good(desk("put", "t.csv", "t"))
    good(desk("double.py", "--dataframe1", "t", "-o", "out", verb=("run",)))
    assert (tmp_path / "out" / "dataset1.arrow").exists()


def test_f_a_redis_that_is_away_is_named(desk, server):
    good(desk("put", "t.csv", "t"))
    server.kill()
    code, _, said = desk("ls")
    assert code == 69 and f"Redis at {server.path}: " in said, (code, said)
    code, _, said = desk("put", "t.csv", "t")
    assert code == 69 and f"Redis at {server.path}: " in said, (code, said)


def age(server, seconds):
    """All that is in the store on this Redis was touched so much earlier."""
    redis = Redis(server.path)
    for member in redis("ZRANGE", "quern:store:{default}:objects", 0, -1):
        redis("ZINCRBY", "quern:store:{default}:objects", -1000 * seconds, member)
    redis.close()


def test_b_what_nobody_wants_is_freed(desk, server):
    good(desk("put", "t.csv", "kept"))
    (version,) = re.findall("sha256-[0-9a-f]+", good(desk("cp", "kept", "gone")))
    good(desk("rm", "gone"))
    age(server, 100_000)
    assert good(desk("collect")) == "collected 0 objects, 0 bytes\n"
    good(desk("rm", "kept"))
    assert good(desk("collect")) == "collected 0 objects, 0 bytes\n", "whoever has just read the name has time"
    age(server, 100_000)
    assert good(desk("collect", "--age", "7h")).startswith("collected 1 objects, ")
    good(desk("put", "t.csv", "again"))
    assert version in good(desk("ls"))


def test_l_a_budget_is_set_shown_and_kept(desk, tmp_path):
    column = Array(300_000, 0, [b"", os.urandom(300_000 * 8)])
    (tmp_path / "large.arrow").write_bytes(File([Field("x", int_type(64))]).batch(column).bytes())
    assert good(desk("budget")) == "used    0 bytes\nbudget  none\n"
    good(desk("put", "t.csv", "small"))
    assert desk("ls")[2] == ""
    assert re.fullmatch(r"used    [0-9.]+ kB\nbudget  1\.0 MB\n", good(desk("budget", "1M")))
    code, _, said = desk("put", "large.arrow", "large")
    assert code == 1 and "its budget of 1.0 MiB has no room for" in said
    assert re.fullmatch(r"[0-9.]+ kB of 1\.0 MB used\n", desk("ls")[2])
    assert desk("ls", "small")[2] == "" and desk("ls", "--json")[2] == ""
    told = json.loads(good(desk("budget", "--json")))
    assert (told["schema"], told["budget_bytes"]) == (1, 1 << 20) and 0 < told["used_bytes"] < 1 << 20
    assert good(desk("budget", "none")).endswith("budget  none\n")
    good(desk("put", "large.arrow", "large"))
    for word, better in [("0", "2G"), ("4GG", "4G")]:
        assert desk("budget", word) == (2, "", f"error: expected a size like {better}, or none, found '{word}'\n")


def test_l_a_directory_has_the_room_of_its_disk(tmp_path):
    with Fleet(tmp_path) as fleet:
        assert fleet.says("dataset", "budget") == "used    0 bytes\nbudget  none\n"
        code, out, err = fleet.quern("dataset", "budget", "1G")
        assert (code, out) == (78, "") and err.startswith("error: store: a directory has no budget of its own")


def test_l_a_host_and_the_doctor_tell_the_budget(tmp_path):
    with Fleet(tmp_path, store="{redis}?prefix=fleet") as fleet:
        host = fleet.host().ready()
        fleet.says("dataset", "budget", "1M")
        fleet.submit(SCRIPT)
        eventually(lambda: host.metric("quern_store_budget_bytes") == 1 << 20, "the budget is told")
        eventually(lambda: 0 < host.metric("quern_store_used_bytes") < 1 << 20, "what is used is told")
        fleet.redis("SET", "quern:store:{fleet}:used", 1_000_000)
        (found,) = [entry for entry in json.loads(fleet.quern("doctor", "--json").out)["findings"]
                    if entry["what"] == "store"]
        assert (found["level"], found["remedy"]) == ("warning", "quern dataset collect, or quern dataset budget SIZE")
        assert found["text"].endswith(", 1.0 MB of 1.0 MB used")


def test_f_a_queue_that_was_not_asked_loses_nothing(tmp_path):
    with Fleet(tmp_path) as fleet, Fleet(tmp_path, queue="other") as other:
        (tmp_path / "t.csv").write_text("x,y\n1,a\n2,b\n")
        fleet.submit(SCRIPT, "--dataframe1", tmp_path / "t.csv")
        other.set_home("default", queue="default")
        other.submit(SCRIPT.replace("z", "w"), "--dataframe1", tmp_path / "t.csv")
        objects = tmp_path / "store" / "objects"
        before = sorted(path.name for path in objects.iterdir())
        assert len(before) == 3  # two scripts, one table
        for path in objects.iterdir():
            os.utime(path, (1_000_000, 1_000_000))
        code, _, said = fleet.quern("dataset", "collect")
        (home,) = re.findall("queue-[0-9a-f]{32}", said)
        assert code == 78 and said == (
            f"error: collect: {home} names objects of this store, too, and was not asked which of them it wants\n"
            "  a queue of another Redis: --also NAME@URL; that of `quern up`: start it first; one that is no more: --forget HOME\n")
        assert sorted(path.name for path in objects.iterdir()) == before
        assert fleet.says("dataset", "collect", "--also", f"default@{other.url}") == "collected 0 objects, 0 bytes\n"
        assert tuple(fleet.quern("dataset", "collect", "--also", "nobody")) == (
            3, "", f"error: --also: there is no queue 'nobody' at {fleet.url}, or it names no store\n")
        assert not [key for key in fleet.keys() if "nobody" in key]
        assert fleet.says("dataset", "collect", "--forget", home).startswith("collected 1 objects, ")
        assert len(list(objects.iterdir())) == 2


def test_b_the_queue_that_was_not_asked_is_called_by_its_name(tmp_path):
    with Fleet(tmp_path) as fleet:
        fleet.set_home("default", queue="night")
        fleet.submit(SCRIPT)
        fleet.submit(SCRIPT.replace("z", "w"), "-q", "night")
        code, _, said = fleet.quern("dataset", "collect")
        assert code == 78 and said.endswith("\n  it is the queue 'night': --also night\n")
        assert fleet.says("dataset", "collect", "--also", "night") == "collected 0 objects, 0 bytes\n"


def test_b_a_fleet_has_its_store_on_redis(tmp_path):
    with Fleet(tmp_path, store="{redis}?prefix=fleet") as fleet:
        fleet.host()
        (tmp_path / "t.csv").write_text("x,y\n1,a\n2,b\n")
        job = fleet.submit(SCRIPT, "--dataframe1", tmp_path / "t.csv", "-o", "tables/doubled")
        assert fleet.wait(job) == "succeeded"
        after = fleet.submit(SCRIPT, "--dataframe1", "tables/doubled", "-o", "again")
        assert fleet.wait(after) == "succeeded"
        names = fleet.names()
        assert names["again"] == names[f"job:{after}/dataset1"] and names["tables/doubled"] == names[f"job:{job}/dataset1"]
        stored = fleet.redis("ZRANGE", "quern:store:{fleet}:objects", 0, -1)
        assert {version.encode() for version in names.values()} <= set(stored)
        assert fleet.redis("ZCARD", "quern:store:{fleet}:uploads") == 0
        assert not (tmp_path / "store").exists()
