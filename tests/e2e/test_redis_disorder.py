# SPDX-License-Identifier: Apache-2.0
"""A Redis in disorder while jobs run: it is restarted, away, silent, slow, full, read-only, evicts, or lets nobody in. quernd
waits, or refuses with the remedy; no running job dies of it, and nothing is lost."""
import contextlib
import re
import signal
import time

import pytest

from fleet import Fleet, Proxy, Server, eventually

LEASE_SECONDS = 1
EMPTY = "def azureml_main():\n    return None\n"
# Prints, takes its time, and returns what must be published.
WORK = "import pandas, time\ndef azureml_main():\n    print('begun', flush=True)\n    time.sleep({})\n" \
       "    return pandas.DataFrame({{'a': range({})}}),\n"
STORES = {"file": "file:{directory}/store", "redis": "{redis}"}
FULL = "Redis is full, submissions are refused: raise maxmemory or purge ended jobs"
STORE_FULL = "store: Redis is full; remove datasets, and have the store collected, or raise maxmemory"


@contextlib.contextmanager
def fleet_of(store, *options, **settings):
    """A fleet with a host that is ready, and a server with these options."""
    with Fleet(store=STORES[store], server=Server(*options)) as fleet:
        yield fleet, fleet.host(queue={"lease": f"{LEASE_SECONDS}s"}, **settings).ready()


def running(fleet, seconds=2, rows=3):
    """A job whose script runs."""
    job = fleet.submit(WORK.format(seconds, rows))
    fleet.begun(job)
    return job


def at_first(fleet, job):
    """It succeeded, its first attempt did, and what it returned is there."""
    record = fleet.in_state(job, "succeeded")
    assert (record["attempts"], record["crashes"], record["retries"]) == (1, 0, 0), record
    assert fleet.quern("dataset", "show", f"job:{job}/dataset1").code == 0
    return record


def works(fleet):
    fleet.in_state(fleet.submit(EMPTY), "succeeded")


def why(host, what):
    """The line of /readyz, once it has `what` in it, and the host is not ready."""
    eventually(lambda: what in host.get("/readyz")[1], f"readyz tells {what}")
    status, text = host.get("/readyz")
    assert status == 503
    assert host.metric("quern_queue_ready{queue=\"default\"}") == 0
    return text


def away(server, seconds, absent):
    """In the context manager, and for so many seconds at least."""
    with absent(server):
        end = time.monotonic() + seconds
        eventually(lambda: time.monotonic() > end)


@contextlib.contextmanager
def dead(server):
    server.kill()
    yield
    server.start()


# ---- restarted, away, silent ----

@pytest.mark.parametrize("store", STORES)
def test_c_redis_is_restarted_while_jobs_wait_run_and_publish(store):
    with fleet_of(store, workers={"count": 2}) as (fleet, host):
        jobs = [fleet.submit(WORK.format(0.4, 200_000), "-o", f"out/{i}") for i in range(8)]
        for done, number in ((1, signal.SIGTERM), (3, signal.SIGKILL), (5, signal.SIGKILL)):
            eventually(lambda: len(host.events("job done")) >= done, f"{done} are done")
            fleet.server.process.send_signal(number)
            fleet.server.process.wait()
            fleet.server.start()
            fleet.redis("SCRIPT", "FLUSH")
        for job in jobs:
            at_first(fleet, job)
        names = fleet.names()
        assert [names[f"out/{i}"] for i in range(8)] == [names[f"job:{job}/dataset1"] for job in jobs]
        assert len(host.events("job done", state="succeeded")) == len(jobs)
        assert not host.events("worker ended")


@pytest.mark.parametrize("store, absent", [("file", dead), ("redis", Server.paused)], ids=["dead", "silent"])
def test_c_redis_is_away_for_three_leases(store, absent):
    with fleet_of(store) as (fleet, host):
        job = running(fleet, 2)
        other = fleet.host(queue={"lease": f"{LEASE_SECONDS}s"}).ready()
        away(fleet.server, 3 * LEASE_SECONDS, absent)
        at_first(fleet, job)
        assert host.events("job done", job=job) and not other.events("job done")
        for one in (host.ready(), other.ready()):
            assert one.metric("quern_redis_up") == 1
        works(fleet)


def test_c_a_host_without_redis_is_fenced_when_another_took_its_job(fleet):
    """The one whose way to Redis is cut runs on; what it then brings is nobody's."""
    with contextlib.closing(Proxy(fleet.server, "way")) as way:
        cut = fleet.host(queue={"lease": f"{LEASE_SECONDS}s", "url": way.url}).ready()
        job = running(fleet, 4)
        other = fleet.host(queue={"lease": f"{LEASE_SECONDS}s"}).ready()
        way.cut()
        record = fleet.in_state(job, "succeeded")
        assert (record["attempts"], record["crashes"]) == (2, 1)
        way.join()
        eventually(lambda: cut.events("job done", job=job, reason="lost"), "the host is fenced")
        assert len(other.events("job done", job=job, state="succeeded")) == 1
        assert fleet.inspect(job) == record
        cut.ready()
        works(fleet)


# ---- full ----

REFUSED = "error: queue: Redis refused: OOM command not allowed when used memory > 'maxmemory'; Redis is full: raise " \
          "maxmemory or purge ended jobs\n"


def test_l_a_full_redis_refuses_new_jobs_and_lets_the_others_end(fleet):
    host = fleet.host(queue={"lease": f"{LEASE_SECONDS}s"}, workers={"count": 2}).ready()
    goes_on, cancelled = running(fleet), running(fleet, 600)
    fails, last = fleet.submit("def azureml_main():\n    raise OSError\n"), fleet.submit(EMPTY)
    fleet.redis("CONFIG", "SET", "maxmemory", 1)
    assert tuple(fleet.quern("submit", fleet.script(EMPTY))) == (75, "", REFUSED)
    assert fleet.quern("ls").err == f"warning: {FULL}\n"
    assert "! redis     full: submissions are refused\n            remedy: raise maxmemory" in fleet.says("doctor")
    fleet.says("cancel", cancelled)
    fleet.in_state(cancelled, "cancelled")
    fleet.in_state(fails, "failed")
    fleet.in_state(last, "succeeded")
    at_first(fleet, goes_on)
    eventually(lambda: host.get("/readyz") == (200, f"default: ready; {FULL}\n"), "readyz says that it is full")
    assert host.metric("quern_redis_max_bytes") == host.metric("quern_redis_up") == 1
    fleet.redis("CONFIG", "SET", "maxmemory", 0)
    works(fleet)
    eventually(lambda: host.get("/readyz") == (200, "default: ready\n"), "readyz says nothing of it")


def test_l_a_job_waits_until_its_full_store_has_room():
    with fleet_of("redis") as (fleet, host):
        job = running(fleet, 1)
        fleet.redis("CONFIG", "SET", "maxmemory", "500kb")
        waiting = eventually(lambda: host.events("waiting", job=job), "the job waits")[0]
        assert (waiting["step"], waiting["error"]) == ("publish", STORE_FULL)
        assert why(host, "store") == f"default: {STORE_FULL}\n"
        eventually(lambda: f"publish waits: {STORE_FULL}" in fleet.says("status", job), "its progress tells")
        code, _, err = fleet.quern("submit", fleet.script(EMPTY))
        assert code == 75 and err.endswith(f": {STORE_FULL}\n")
        fleet.redis("CONFIG", "SET", "maxmemory", 0)
        at_first(fleet, job)
        host.ready()
        works(fleet)


# ---- read-only ----

@contextlib.contextmanager
def replica(fleet):
    fleet.redis("REPLICAOF", "127.0.0.1", "1")
    yield "this Redis is a replica; name the primary", \
        "Redis refused: READONLY You can't write against a read only replica; this Redis is a replica: name the primary"
    fleet.redis("REPLICAOF", "NO", "ONE")


@contextlib.contextmanager
def without_replicas(fleet):
    fleet.redis("CONFIG", "SET", "min-replicas-to-write", 1)
    message = "Redis refused: NOREPLICAS Not enough good replicas to write; its replicas are away: bring them back, or " \
              "lower min-replicas-to-write"
    yield f"queue: {message}", message
    fleet.redis("CONFIG", "SET", "min-replicas-to-write", 0)


@contextlib.contextmanager
def without_disk(fleet):
    """Where its snapshot should be is a directory."""
    place = fleet.server.directory / "dump.rdb"
    place.mkdir()
    fleet.redis("CONFIG", "SET", "save", "3600 1")
    saved(fleet, "err")
    message = "Redis refused: MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to " \
              "disk. Commands that may modify the data set are disabled, because this instance is configured to report " \
              "errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the " \
              "Redis logs for details about the RDB error; Redis cannot write its files: look at its disk"
    yield f"queue: {message}", message
    place.rmdir()
    saved(fleet, "ok")


def saved(fleet, word):
    fleet.redis("BGSAVE")
    eventually(lambda: f"rdb_last_bgsave_status:{word}\r\n".encode() in fleet.redis("INFO"), f"the snapshot: {word}")


@pytest.mark.parametrize("store, disorder", [("file", replica), ("redis", without_replicas), ("file", without_disk)])
def test_c_a_read_only_redis_is_waited_for(store, disorder):
    with fleet_of(store) as (fleet, host):
        job = running(fleet, 1)
        waits = fleet.submit(EMPTY)
        with disorder(fleet) as (told, refused):
            assert why(host, told) == f"default: {told}\n"
            code, _, err = fleet.quern("submit", fleet.script(EMPTY))
            assert (code, err.endswith(f"{refused}\n")) == (75, True), err
            assert fleet.quern("ls").err == f"warning: {told}\n"
            doctor = fleet.quern("doctor")
            assert f"✕ redis     {told}\n" in doctor.out and doctor.code in (75, 78)
            waiting = eventually(lambda: host.events("waiting", job=job), "the job waits")[0]
            assert waiting["error"].endswith(refused)
            assert host.metric("quern_redis_up") == 0
        at_first(fleet, job)
        fleet.in_state(waits, "succeeded")
        assert host.ready().metric("quern_redis_up") == 1


# ---- slow ----

def test_l_jobs_run_on_a_slow_redis(fleet):
    """Each reply is late by 0.3 s, which no lease of a second would bear."""
    with contextlib.closing(Proxy(fleet.server, "way")) as way:
        host = fleet.host(queue={"lease": "4s", "url": way.url}, workers={"count": 2}).ready()
        way.delay = 0.3
        jobs = [fleet.submit(WORK.format(seconds, 3)) for seconds in (5, 0, 0)]
        for job in jobs:
            at_first(fleet, job)
        assert host.metric("quern_lease_renew_failures_total") == 0


def test_c_a_redis_that_pauses_costs_no_attempt(fleet):
    host = fleet.host(queue={"lease": f"{LEASE_SECONDS}s"}).ready()
    job = running(fleet, 3)
    fleet.redis("CLIENT", "PAUSE", 2000 * LEASE_SECONDS, "ALL")
    at_first(fleet, job)
    assert host.metric("quern_lease_renew_failures_total") > 0
    works(fleet)


# ---- one that may not be used ----

EVICTS = "Redis drops keys when memory ends (maxmemory-policy is allkeys-lru), and {} with them; set maxmemory-policy " \
         "noeviction"


def test_f_a_redis_that_begins_to_evict_gets_no_more_claims(fleet):
    host = fleet.host(queue={"lease": f"{LEASE_SECONDS}s"}).ready()
    job = running(fleet)
    fleet.redis("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    assert why(host, "noeviction") == f"default: {EVICTS.format('jobs')}\n"
    waits = fleet.submit(EMPTY)
    at_first(fleet, job)
    assert fleet.state(waits) == "queued"
    fleet.redis("CONFIG", "SET", "maxmemory-policy", "noeviction")
    fleet.in_state(waits, "succeeded")


def test_f_a_store_that_begins_to_evict_gets_no_more_claims():
    with contextlib.closing(Server()) as own, Fleet(store=f"redis+unix:{own.path}") as fleet:
        host = fleet.host(queue={"lease": f"{LEASE_SECONDS}s"}).ready()
        job = running(fleet, 1)
        own.redis("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
        message = f"store: {EVICTS.format('datasets')}"
        assert eventually(lambda: host.events("waiting", job=job), "the job waits")[0]["error"] == message
        assert why(host, "store") == f"default: {message}\n"
        assert f"✕ store     {message}\n" in fleet.quern("doctor").out
        own.redis("CONFIG", "SET", "maxmemory-policy", "noeviction")
        at_first(fleet, job)
        host.ready()


def test_f_a_password_that_changes_is_read_again(fleet):
    password = fleet.directory / "password"
    password.write_text("old\n")
    fleet.redis("CONFIG", "SET", "requirepass", "old")
    host = fleet.host(queue={"lease": f"{LEASE_SECONDS}s", "password_file": password}).ready()
    fleet.environment["QUERN_REDIS_PASSWORD_FILE"] = str(password)
    job = running(fleet, 1)
    fleet.redis("CONFIG", "SET", "requirepass", "new")
    fleet.redis("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    message = "authentication: Redis refused: WRONGPASS invalid username-password pair or user is disabled; look at the " \
              "user in the URL and at the password file"
    assert why(host, "WRONGPASS") == f"default: {message}\n"
    assert tuple(fleet.quern("ls"))[::2] == (
        77, f"error: {message}\n  look at the password, and at what its user may do: ACL LIST\n")
    assert eventually(lambda: host.events("waiting", job=job), "the job waits")[0]["error"] == message
    password.write_text("new\n")
    at_first(fleet, job)
    host.ready()


@pytest.mark.parametrize("lacks, message", [
    ("evalsha", "NOPERM this user has no permissions to run the 'evalsha' command"),
    ("zadd", "ERR The user executing the script can't run this command or subcommand"),
    ("info", "NOPERM this user has no permissions to run the 'info' command"),
])
def test_f_a_user_who_loses_a_right_is_told_which(fleet, lacks, message):
    host = fleet.host(queue={"lease": f"{LEASE_SECONDS}s"}).ready()
    job = running(fleet, 1)
    fleet.redis("ACL", "SETUSER", "default", f"-{lacks}")
    told = f"queue: Redis refused: {message}; its user needs the rights of deploy/redis/users.acl"
    assert why(host, "users.acl") == f"default: {told}\n"
    fleet.redis("ACL", "SETUSER", "default", f"+{lacks}")
    at_first(fleet, job)
    host.ready()


def test_f_a_redis_without_a_command_is_refused():
    with Fleet(server=Server("--rename-command", "EVALSHA", "")) as fleet:
        told = why(fleet.host(), "EVALSHA")
    assert re.fullmatch(r"default: queue: Redis refused: ERR unknown command 'EVALSHA', with args beginning with: .*; quern "
                        r"needs Redis 6\.2 or later, with the commands of deploy/redis/users\.acl under their own names\n",
                        told), told
