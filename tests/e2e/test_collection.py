# SPDX-License-Identifier: Apache-2.0
"""The fleet frees by itself what no key and no job wants any more, and nothing else."""
import os
import signal

import pytest

from arrow_file import Field, File, int_type, numbers
from fleet import DEV, Fleet, Redis, Server, eventually

OFTEN = {"collect": "1s", "keep": "1h"}
GIVE = "import pandas\ndef azureml_main():\n    return pandas.DataFrame({'a': [1, 2]}),\n"
TAKE = "def azureml_main(dataframe1):\n    print(len(dataframe1))\n"


def objects(fleet):
    return {path.name for path in (fleet.store / "objects").iterdir() if not path.name.startswith(".")}


def age(fleet):
    """All objects were touched a day ago."""
    for path in (fleet.store / "objects").iterdir():
        os.utime(path, (1_000_000, 1_000_000))


def put(fleet, key, *values):
    """The version of a new dataset."""
    file = fleet.directory / f"{key}.arrow"
    file.write_bytes(File([Field("a", int_type(64))]).batch(numbers(values or [1], "q")).bytes())
    fleet.says("dataset", "put", file, key)
    return fleet.names()[key]


def table_of_a_job(fleet):
    """A file that only a job has."""
    path = fleet.directory / "table.csv"
    path.write_text("c\n5\n")
    return path


def orphan(fleet):
    """The version of an object that nobody wants."""
    version = put(fleet, "gone", 7)
    fleet.says("dataset", "rm", "gone")
    return version


def collected(host, **fields):
    return host.events("store collected", **fields)


def test_b_what_nobody_wants_goes_and_all_else_stays(fleet):
    kept, gone = put(fleet, "kept"), orphan(fleet)
    hosts = [fleet.host(store=OFTEN).ready() for _ in range(2)]
    done = fleet.submit(GIVE, "-o", "given")
    fleet.in_state(done, "succeeded")
    fleet.says("queue", "pause")
    waits = fleet.submit(TAKE, "--dataframe1", table_of_a_job(fleet))
    table = put(fleet, "table", 9)
    fleet.says("dataset", "rm", "table")
    before = objects(fleet)
    assert {kept, gone, table} <= before
    age(fleet)
    eventually(lambda: not {gone, table} & objects(fleet), "what nobody wants is gone")
    assert objects(fleet) == before - {gone, table}
    eventually(lambda: sum(int(line["objects"]) for host in hosts for line in collected(host)) == 2, "it is logged")
    eventually(lambda: sum(host.metric("quern_store_collected_objects_total") for host in hosts) == 2, "it is counted")
    assert [host.events("store not collected") for host in hosts] == [[], []]
    good = 'quern_store_collections_total{result="good"}'
    eventually(lambda: sum(host.metric(good) for host in hosts) >= 3, "it goes on")
    assert max(host.metric("quern_store_last_collection_timestamp_seconds") for host in hosts) > 1_000_000_000
    fleet.says("queue", "resume")
    assert fleet.in_state(waits, "succeeded")["attempts"] == 1
    assert fleet.says("logs", waits) == "1\n"
    fleet.says("result", done, "-o", fleet.directory / "out")
    assert fleet.says("dataset", "head", "given").splitlines()[-1] == "2 rows × 1 column"


def test_b_one_host_of_all_collects(fleet):
    """Each asks after a fifth of the time; the turn is free again after four fifths."""
    put(fleet, "kept")
    hosts = [fleet.host(store={"collect": "30s", "keep": "1h"}) for _ in range(3)]
    asked = [lambda host=host: collected(host) + host.events("somebody else collects") for host in hosts]
    eventually(lambda: all(one() for one in asked), "each has asked")
    assert sum(len(collected(host)) for host in hosts) == 1


def test_f_a_queue_that_cannot_be_asked_stops_it(fleet):
    gone = orphan(fleet)
    home = "queue-" + "0" * 32
    (fleet.store / "homes" / home).touch()
    host = fleet.host(store=OFTEN).ready()
    age(fleet)
    event = eventually(lambda: host.events("store not collected"), "it is refused")[0]
    assert (event["level"], event["error"]) == (
        "warning", f"collect: {home} names objects of this store, too, and was not asked which of them it wants")
    eventually(lambda: host.metric('quern_store_collections_total{result="bad"}') >= 1, "it is counted")
    assert gone in objects(fleet)
    fleet.says("dataset", "collect", "--forget", home, "--age", "3h")
    assert gone not in objects(fleet)


def test_f_another_queue_of_the_same_redis_is_asked_though_nobody_serves_it(tmp_path):
    with Fleet(tmp_path) as fleet:
        fleet.set_home("default", queue="other")
        gone = orphan(fleet)
        other = fleet.submit(TAKE, "--dataframe1", table_of_a_job(fleet), "-q", "other")
        before = objects(fleet)
        age(fleet)
        fleet.host(store=OFTEN)
        eventually(lambda: gone not in objects(fleet), "what nobody wants is gone")
        assert objects(fleet) == before - {gone}
        assert fleet.redis("HGET", f"quern:{{other}}:job:{other}", "st") == b"queued"


def test_f_a_queue_that_is_at_home_elsewhere_is_not_collected_for(fleet):
    gone = orphan(fleet)
    age(fleet)
    fleet.redis("HSET", fleet.key("conf"), "store", "file:/elsewhere")
    host = fleet.host(store=OFTEN)
    event = eventually(lambda: host.events("store not collected"), "it is refused")[0]
    assert event["error"] == f"queue default: its store is file:/elsewhere, [store] url here is {fleet.store_url}"
    assert gone in objects(fleet)


def test_f_a_store_on_redis_that_wants_a_password(tmp_path):
    server = Server("--requirepass", "s3cret")
    try:
        with Fleet(tmp_path, environments=None) as fleet:
            fleet.store_url, secret = server.store_url, tmp_path / "secret"
            secret.write_text("s3cret\n")
            fleet.environment["QUERN_STORE_PASSWORD_FILE"] = str(secret)
            fleet.set_home("default")
            gone, kept = orphan(fleet), put(fleet, "kept")
            redis = Redis(server.path)
            redis("AUTH", "s3cret")
            index = "quern:store:{default}:objects"
            for version in (gone, kept):
                redis("ZINCRBY", index, -100_000_000, version)
            host = fleet.host(store={"password_file": secret, **OFTEN}).ready()
            eventually(lambda: redis("ZSCORE", index, gone) is None, "what nobody wants is gone")
            assert redis("ZSCORE", index, kept) is not None
            eventually(lambda: host.metric("quern_store_used_bytes") == int(redis("GET", "quern:store:{default}:used")),
                       "its use is told")
            redis.close()
    finally:
        server.close()


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_c_a_collector_that_dies_or_hangs_harms_nobody(tmp_path, how):
    with Fleet(tmp_path, programs=DEV) as fleet:
        gone = orphan(fleet)
        age(fleet)
        host = fleet.host(store=OFTEN, fail=[f"{how}@collector:begun"])
        if how == "kill":
            event = eventually(lambda: host.events("store not collected"), "it died")[0]
            assert event["error"] == "quern-collector died"
        else:
            eventually(lambda: host.events("the store is still being collected"), "it hangs")
            assert fleet.in_state(fleet.submit(GIVE), "succeeded")["attempts"] == 1
            (pid,) = host.stopped("quern-collector")
            os.kill(pid, 9)
        eventually(lambda: gone not in objects(fleet), "the next one does it")
        assert host.drain() == 0


def test_c_a_collection_ends_with_its_host(tmp_path):
    with Fleet(tmp_path, programs=DEV) as fleet:
        orphan(fleet)
        host = fleet.host(store=OFTEN, fail=["stop@collector:begun"])
        eventually(lambda: host.stopped("quern-collector"), "it hangs")
        assert host.drain() == 0
        assert host.processes() == []


def staged(fleet, host):
    """A job that has put all it gave, its worker, which stands there, and the files of what has no name yet."""
    job = fleet.submit(GIVE, "-o", "given", "--retries", "1", "--backoff", "10ms..20ms")
    (worker,) = eventually(lambda: host.stopped("quern-worker"), "all is put, nothing is named")
    script = fleet.inspect(job)["document"]["script"]["version"]
    return job, worker, [fleet.store / "objects" / version for version in objects(fleet) - {script}]


def test_r_what_a_job_gave_stays_while_its_end_waits_for_redis(tmp_path):
    with Fleet(tmp_path, programs=DEV) as fleet:
        host = fleet.host(fail=["stop@complete:staged"]).ready()
        job, worker, given = staged(fleet, host)
        with fleet.server.paused():
            os.kill(worker, signal.SIGCONT)
            for _ in range(2):
                age(fleet)
                eventually(lambda: all(path.stat().st_mtime > 1_000_000 for path in given), "it is kept for as long as it takes")
        assert fleet.in_state(job, "succeeded")["attempts"] == 1


def test_r_what_was_collected_before_it_had_a_name_gets_none(tmp_path):
    with Fleet(tmp_path, programs=DEV) as fleet:
        host = fleet.host(fail=["stop@complete:staged"]).ready()
        job, worker, given = staged(fleet, host)
        for path in given:
            path.unlink()
        os.kill(worker, signal.SIGCONT)
        record = fleet.in_state(job, "succeeded")
        assert (record["attempts"], record["infra"]) == (2, 1)
        assert fleet.says("dataset", "head", "given").splitlines()[-1] == "2 rows × 1 column"
