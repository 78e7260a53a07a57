# SPDX-License-Identifier: Apache-2.0
"""A Redis in disorder while jobs run: it is restarted, away, silent, slow, full, read-only, evicts, or lets nobody in. quernd
waits, or refuses with the remedy; no running job dies of it, and nothing is lost. So it is with a store's full disk."""
import contextlib
import os
import re
import pathlib
import signal
import subprocess
import time

import pytest

from fleet import Fleet, Proxy, Server, eventually

LEASE = {"lease": "1s"}
LEASE_SECONDS = 1
EMPTY = "def azureml_main():\n    return None\n"
# Prints, takes its time, and returns what must be published.
WORK = "import pandas, time\ndef azureml_main():\n    print('begun', flush=True)\n    time.sleep({})\n" \
       "    return pandas.DataFrame({{'a': range({})}}),\n"
STORES = {"file": "file:{directory}/store", "redis": "{redis}"}
FULL = "Redis is full, submissions are refused: raise maxmemory or purge ended jobs"
STORE_FULL = "store: Redis is full; remove datasets, and have the store collected, or raise maxmemory"
WHOLE = bool(os.environ.get("QUERN_DISORDER"))  # ./dev prove redis: more disorders, each with every store


def stores(usual):
    """A test's parameter: the store that it is run with, or all of them."""
    return pytest.mark.parametrize("store", STORES if WHOLE else [usual])


class Place:
    """A fleet with one host, whose way to Redis can be cut. Several tests break it, one after the other, and mend it again."""

    def __init__(self, fleet, **settings):
        self.fleet, self.redis, self.server = fleet, fleet.redis, fleet.server
        self.way, self.others = Proxy(self.server, "way"), 0
        self.host = fleet.host(queue={**LEASE, "url": self.way.url, **settings}, workers={"count": 2}).ready()

    def mend(self):
        """Whatever a test left that failed."""
        self.way.join()
        self.way.delay = 0
        self.server.resume()
        self.redis("REPLICAOF", "NO", "ONE")
        self.redis("ACL", "SETUSER", "default", "+@all")
        self.redis("CONFIG", "SET", "maxmemory", 0, "maxmemory-policy", "noeviction", "min-replicas-to-write", 0, "save", "")
        self.host.ready()

    @contextlib.contextmanager
    def other(self):
        """Another host beside it."""
        self.others += 1
        other = self.fleet.host(f"other{self.others}", queue=LEASE).ready()
        yield other
        other.close()

    # ---- jobs ----

    def running(self, seconds=1):
        """A job whose script runs."""
        job = self.fleet.submit(WORK.format(seconds, 3))
        self.fleet.begun(job)
        return job

    def at_first(self, job):
        """It succeeded, its first attempt did, and what it returned is there."""
        record = self.fleet.in_state(job, "succeeded")
        assert (record["attempts"], record["crashes"], record["retries"]) == (1, 0, 0), record
        assert self.fleet.quern("dataset", "show", f"job:{job}/dataset1").code == 0

    def works(self):
        self.fleet.in_state(self.fleet.submit(EMPTY), "succeeded")

    # ---- what is told ----

    def why(self, told):
        """It is not ready, and /readyz, the metrics and the log say why."""
        eventually(lambda: self.host.get("/readyz") == (503, f"default: {told}\n"), f"readyz tells {told}")
        assert self.host.metric('quern_queue_ready{queue="default"}') == 0
        eventually(lambda: self.host.events("queue not ready", why=told), "the log tells why")

    def waiting(self, job):
        """What it waits for, by the log."""
        return eventually(lambda: self.host.events("waiting", job=job), f"{job} waits")[-1]

    def submit(self):
        """(exit code, message) of a submission."""
        code, out, err = self.fleet.quern("submit", self.fleet.script(EMPTY))
        assert not out
        return code, err


@contextlib.contextmanager
def place_of(store, server=None, **settings):
    with Fleet(store=store, server=server) as fleet:
        place = Place(fleet, **settings)
        yield place
        place.way.close()


@pytest.fixture(scope="module")
def places():
    """places(store): the place of a store, made for the first test that asks for it."""
    with contextlib.ExitStack() as stack:
        made = {}

        def get(store):
            if store not in made:
                made[store] = stack.enter_context(place_of(STORES[store]))
            return made[store]

        yield get


@pytest.fixture
def place(places, store):
    places(store).mend()
    return places(store)


# ---- restarted, away, silent ----

@stores("redis")
def test_c_redis_is_restarted_while_jobs_wait_run_and_publish(place):
    fleet, host = place.fleet, place.host
    jobs = [fleet.submit(WORK.format(0.3, 200_000), "-o", f"out/{i}") for i in range(6)]
    for done, number in ((1, signal.SIGTERM), (3, signal.SIGKILL)):
        eventually(lambda: sum(bool(host.events("job done", job=job)) for job in jobs) >= done, f"{done} are done")
        place.server.process.send_signal(number)
        place.server.process.wait()
        place.server.start()
        place.redis("SCRIPT", "FLUSH")
    for job in jobs:
        place.at_first(job)
    names = fleet.names()
    assert [names[f"out/{i}"] for i in range(6)] == [names[f"job:{job}/dataset1"] for job in jobs]
    assert [len(host.events("job done", job=job)) for job in jobs] == [1] * 6
    assert not host.events("worker ended")


@contextlib.contextmanager
def dead(server):
    server.kill()
    yield
    server.start()


@contextlib.contextmanager
def silent(server):
    with server.paused():
        yield


@contextlib.contextmanager
def pausing(server):
    server.redis("CLIENT", "PAUSE", 4000 * LEASE_SECONDS, "ALL")
    yield


@pytest.mark.parametrize("absent", [dead, silent, pausing] if WHOLE else [dead, silent])
@stores("file")
def test_c_redis_is_away_for_three_leases(place, absent):
    """A second host would take the job if its lease had ended."""
    host = place.host
    with place.other() as other:
        job = place.running(2)
        with absent(place.server):
            end = time.monotonic() + 3 * LEASE_SECONDS
            eventually(lambda: host.metric("quern_redis_up") == 0, "the metrics tell")
            eventually(lambda: host.get("/readyz")[0] == 503, "it is not ready")
            assert host.get("/livez") == (200, "ok\n")
            eventually(lambda: time.monotonic() > end)
        place.at_first(job)
        assert host.ready().metric("quern_redis_up") == other.ready().metric("quern_redis_up") == 1
        place.works()


@stores("file")
def test_c_a_host_without_redis_is_fenced_when_another_took_its_job(place):
    """The one whose way to Redis is cut runs on; what it then brings is nobody's."""
    fleet = place.fleet
    job = fleet.submit("import pandas, time\ndef azureml_main():\n    print('begun', flush=True)\n"
                       f"    while time.time() < {time.time() + 6}:\n        time.sleep(0.01)\n"
                       "    return pandas.DataFrame({'a': [1]}),\n")
    fleet.begun(job)
    with place.other() as other:
        place.way.cut()
        record = fleet.in_state(job, "succeeded")
        assert (record["attempts"], record["crashes"]) == (2, 1)
        assert len(other.events("job done", job=job, state="succeeded")) == 1
        place.way.join()
        eventually(lambda: place.host.events("job done", job=job, reason="lost"), "it learns of it")
        assert fleet.inspect(job) == record
        place.host.ready()


# ---- full ----

@pytest.mark.parametrize("store", ["file"])
def test_l_a_full_redis_refuses_new_jobs_and_lets_the_others_end(place):
    fleet, host = place.fleet, place.host
    goes_on, cancelled = place.running(), place.running(600)
    fails, last = fleet.submit("def azureml_main():\n    raise OSError\n"), fleet.submit(EMPTY)
    fleet.redis("CONFIG", "SET", "maxmemory", "500kb")
    assert place.submit() == (75, "error: queue: Redis refused: OOM command not allowed when used memory > 'maxmemory'; "
                                  "Redis is full: raise maxmemory or purge ended jobs\n")
    assert fleet.quern("ls").err == f"warning: {FULL}\n"
    assert "! redis     full: submissions are refused\n            remedy: raise maxmemory" in fleet.says("doctor")
    fleet.says("cancel", cancelled)
    fleet.in_state(cancelled, "cancelled")
    fleet.in_state(fails, "failed")
    fleet.in_state(last, "succeeded")
    place.at_first(goes_on)
    eventually(lambda: host.get("/readyz") == (200, f"default: ready; {FULL}\n"), "readyz says that it is full")
    assert (host.metric("quern_redis_max_bytes"), host.metric("quern_redis_up")) == (500 << 10, 1)
    fleet.redis("CONFIG", "SET", "maxmemory", 0)
    place.works()
    eventually(lambda: host.get("/readyz") == (200, "default: ready\n"), "readyz says nothing of it")


@pytest.mark.parametrize("store", ["redis"])
def test_l_a_job_waits_until_its_full_store_has_room(place):
    job = place.running()
    place.redis("CONFIG", "SET", "maxmemory", "500kb")
    waiting = place.waiting(job)
    assert (waiting["step"], waiting["error"]) == ("publish", STORE_FULL)
    place.why(STORE_FULL)
    eventually(lambda: place.fleet.inspect(job)["progress"] == f"publish waits: {STORE_FULL}", "its progress tells")
    code, message = place.submit()
    assert code == 75 and message.endswith(f": {STORE_FULL}\n")
    place.redis("CONFIG", "SET", "maxmemory", 0)
    place.at_first(job)
    place.works()


class SmallDisk:
    """2 MiB that nobody but who knows `path` sees: mounted in a namespace whose one process waits for its end."""

    def __init__(self, directory):
        command = 'mount -t tmpfs -o size=2m,mode=0700 tmpfs "$1" && echo mounted && exec cat'
        self.holder = subprocess.Popen(["unshare", "-rm", "sh", "-c", command, "sh", directory], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE)
        assert self.holder.stdout.readline() == b"mounted\n"
        self.path = pathlib.Path(f"/proc/{self.holder.pid}/root{directory}")

    def close(self):
        self.holder.communicate()

    @contextlib.contextmanager
    def full(self):
        filler = self.path / "filler"
        with pytest.raises(OSError, match="No space left on device"), open(filler, "wb", 0) as file:
            while True:
                file.write(bytes(4096))
        yield
        filler.unlink()


def test_l_a_job_waits_until_the_disk_of_its_store_has_room(tmp_path):
    with contextlib.closing(SmallDisk(tmp_path)) as disk, place_of(f"file:{disk.path}/store") as place:
        fleet, job = place.fleet, place.running(2)
        told = f"store: {disk.path}/store: No space left on device; free space there, have the store collected, or move it"
        with disk.full():
            waiting = place.waiting(job)
            assert (waiting["step"], waiting["error"]) == ("publish", told)
            place.why(told)
            eventually(lambda: fleet.inspect(job)["progress"] == f"publish waits: {told}", "its progress tells")
            code, message = place.submit()
            assert code == 75 and message.endswith(f": {told}\n")
            table = fleet.directory / "table.csv"
            table.write_text("a,b\n1,2\n")
            for store in ([], ["--store", fleet.store_url]):
                code, _, message = fleet.quern("dataset", "put", table, "table", *store)
                assert code == 75 and message.startswith("error: ") and message.endswith(f": {told}\n")
            assert f"✕ store     {told}\n" in fleet.quern("doctor").out
        place.at_first(job)
        place.works()
        fleet.says("dataset", "put", table, "table")


# ---- read-only ----

@contextlib.contextmanager
def replica(redis, _):
    redis("REPLICAOF", "127.0.0.1", "1")
    yield "this Redis is a replica; name the primary", \
        "Redis refused: READONLY You can't write against a read only replica; this Redis is a replica: name the primary"
    redis("REPLICAOF", "NO", "ONE")


@contextlib.contextmanager
def without_replicas(redis, _):
    redis("CONFIG", "SET", "min-replicas-to-write", 1)
    message = "Redis refused: NOREPLICAS Not enough good replicas to write; its replicas are away: bring them back, or " \
              "lower min-replicas-to-write"
    yield f"queue: {message}", message
    redis("CONFIG", "SET", "min-replicas-to-write", 0)


def saved(redis, word):
    redis("BGSAVE")
    eventually(lambda: f"rdb_last_bgsave_status:{word}\r\n".encode() in redis("INFO"), f"the snapshot: {word}")


@contextlib.contextmanager
def without_disk(redis, directory):
    """Where its snapshot should be is a directory."""
    place = directory / "dump.rdb"
    place.mkdir()
    redis("CONFIG", "SET", "save", "3600 1")
    saved(redis, "err")
    message = "Redis refused: MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to " \
              "disk; Redis cannot write its files: look at its disk"
    yield f"queue: {message}", message
    place.rmdir()
    saved(redis, "ok")
    (directory / "dump.rdb").unlink()


@pytest.mark.parametrize("disorder", [replica, without_replicas, without_disk] if WHOLE else [replica])
@stores("file")
def test_c_a_read_only_redis_is_waited_for(place, disorder):
    fleet, host = place.fleet, place.host
    job = place.running()
    with disorder(place.redis, place.server.directory) as (told, refused):
        place.why(told)
        code, message = place.submit()
        assert code == 75 and message.endswith(f": {refused}\n")
        assert fleet.quern("ls").err == f"warning: {told}\n"
        assert f"✕ redis     {told}\n" in fleet.quern("doctor").out
        assert place.waiting(job)["error"].endswith(f": {refused}")
        assert host.metric("quern_redis_up") == 0
    place.at_first(job)
    assert host.ready().metric("quern_redis_up") == 1
    place.works()


# ---- slow ----

@stores("redis")
def test_l_jobs_run_on_a_slow_redis(place):
    """Each reply is late by a tenth of a lease."""
    place.way.delay = 0.1 * LEASE_SECONDS
    for job in [place.fleet.submit(WORK.format(seconds, 3)) for seconds in (3, 0, 0)]:
        place.at_first(job)


# ---- one that may not be used ----

EVICTS = "Redis drops keys when memory ends (maxmemory-policy is allkeys-lru), and {} with them; set maxmemory-policy " \
         "noeviction"


@pytest.mark.parametrize("store", ["file"])
def test_f_a_redis_that_begins_to_evict_gets_no_more_claims(place):
    job = place.running(3)
    place.redis("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    place.why(EVICTS.format("jobs"))
    waits = place.fleet.submit(EMPTY)
    place.at_first(job)
    assert place.fleet.state(waits) == "queued"
    place.redis("CONFIG", "SET", "maxmemory-policy", "noeviction")
    place.fleet.in_state(waits, "succeeded")


def test_f_a_store_that_begins_to_evict_is_waited_for():
    with contextlib.closing(Server()) as own, place_of(own.store_url) as place:
        job = place.running()
        own.redis("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
        told = f"store: {EVICTS.format('datasets')}"
        assert place.waiting(job)["error"] == told
        place.why(told)
        assert f"✕ store     {told}\n" in place.fleet.quern("doctor").out
        own.redis("CONFIG", "SET", "maxmemory-policy", "noeviction")
        place.at_first(job)
        place.works()


@pytest.mark.parametrize("lacks, named", [("@write", "hdel"), ("evalsha", "evalsha")] if WHOLE else [("@write", "hdel")])
@stores("file")
def test_f_a_user_who_loses_a_right_is_told_which(place, lacks, named):
    job = place.running()
    place.redis("ACL", "SETUSER", "default", f"-{lacks}")
    place.why(f"queue: Redis refused: NOPERM this user has no permissions to run the '{named}' command; its user needs the "
              "rights of deploy/redis/users.acl")
    place.waiting(job)
    place.redis("ACL", "SETUSER", "default", f"+{lacks}")
    place.at_first(job)
    place.works()


def test_f_a_password_that_changes_is_read_again(fleet, tmp_path):
    password = tmp_path / "password"
    password.write_text("old\n")
    fleet.redis("CONFIG", "SET", "requirepass", "old")
    fleet.environment["QUERN_REDIS_PASSWORD_FILE"] = str(password)
    place = Place(fleet, password_file=password)
    job = place.running()
    fleet.redis("CONFIG", "SET", "requirepass", "new")
    fleet.redis("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    told = "authentication: Redis refused: WRONGPASS invalid username-password pair or user is disabled; look at the user " \
           "in the URL and at the password file"
    place.why(told)
    assert place.submit() == (77, f"error: {told}\n  look at the password, and at what its user may do: ACL LIST\n")
    assert place.waiting(job)["error"] == told
    password.write_text("new\n")
    place.at_first(job)
    place.works()


def test_f_a_redis_without_a_command_is_refused():
    with Fleet(server=Server("--rename-command", "EVALSHA", "")) as fleet:
        host = fleet.host()
        told = r"default: queue: Redis refused: ERR unknown command 'EVALSHA', with args beginning with: .*; quern needs " \
               r"Redis 6\.2 or later, with the commands of deploy/redis/users\.acl under their own names\n"
        eventually(lambda: re.fullmatch(told, host.get("/readyz")[1]), "readyz tells")
