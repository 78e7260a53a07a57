# SPDX-License-Identifier: Apache-2.0
"""quernd against a real Redis: jobs run, deaths of any of its processes cost an attempt and nothing else, and it ends in
good order."""
import os
import pathlib
import signal
import subprocess
import time

import pytest

from fleet import DEV, PATIENCE_SECONDS, RELEASE, Fleet, Server, eventually
from fleet.processes import lives

EMPTY = "def azureml_main():\n    return None\n"
LONG = "import time\ndef azureml_main():\n    print('begun', flush=True)\n    time.sleep({})\n"


@pytest.fixture(scope="module")
def standing():
    """A fleet of one host, for tests that leave it as it was."""
    with Fleet() as own:
        own.host().ready()
        yield own


# ---- jobs ----

def test_b_a_job_runs_and_is_told(fleet):
    host = fleet.host().ready()
    job = fleet.submit("def azureml_main():\n    print('hello')\n")
    record = fleet.in_state(job, "succeeded")
    assert (record["attempts"], record["crashes"]) == (1, 0)
    assert fleet.says("logs", job) == "hello\n"
    assert eventually(lambda: host.events("job done"), "job done")[0]["job"] == job
    eventually(lambda: 'quern_jobs_finished_total{queue="default",state="succeeded",why=""} 1\n'
               in host.get("/metrics")[1], "counted")
    assert host.drain() == 0


def test_b_the_preferred_queue_comes_first(fleet):
    names = {"names": "soon late"}
    fleet.host(queue=names).ready().drain()  # the queues have a home now
    late = [fleet.submit(EMPTY, "-q", "late") for _ in range(3)]
    soon = [fleet.submit(EMPTY, "-q", "soon") for _ in range(3)]
    host = fleet.host(queue=names).ready()
    eventually(lambda: len(host.events("job done")) == 6, "all are done")
    assert [line["job"] for line in host.events("job done")] == soon + late


def test_b_all_workers_work(fleet):
    host = fleet.host(workers={"count": 3}).ready()
    eventually(lambda: 'quern_worker_slots{state="idle"} 3' in host.get("/metrics")[1], "three wait")
    jobs = [fleet.submit(LONG.format(2)) for _ in range(3)]
    eventually(lambda: 'quern_worker_slots{state="busy"} 3' in host.get("/metrics")[1], "three work")
    for job in jobs:
        assert fleet.in_state(job, "succeeded")["attempts"] == 1
    eventually(lambda: len(host.events("job done")) == 3, "the log has them all")
    assert sorted(line["worker"] for line in host.events("job done")) == ["0", "1", "2"]


def test_b_a_cancelled_job_ends_soon(standing):
    job = standing.submit(LONG.format(600))
    standing.begun(job)
    standing.says("cancel", job)
    assert standing.in_state(job, "cancelled")["reason"] == "cancelled"


def test_b_a_zygote_is_renewed_while_a_job_runs(fleet):
    host = fleet.host(environments={"renew_jobs": 2, "standby": 1}, workers={"count": 2}).ready()
    old = host.child("quern-python")
    long = fleet.submit(LONG.format(600))
    fleet.begun(long)
    for _ in range(2):
        assert fleet.in_state(fleet.submit(EMPTY), "succeeded")["attempts"] == 1
    eventually(lambda: host.events("environment renewed"), "a new one has its place")
    assert len(host.children("quern-python")) >= 2 and old in host.children("quern-python")
    assert fleet.in_state(fleet.submit(EMPTY), "succeeded")["attempts"] == 1
    assert fleet.state(long) == "running"
    fleet.says("cancel", long)
    assert fleet.in_state(long, "cancelled")["attempts"] == 1
    eventually(lambda: old not in host.children("quern-python"), "the old one has ended")
    assert not host.events("environment not offered")
    assert host.drain() == 0


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_l_an_idle_host_sleeps(fleet):
    """While its queue is there, and while Redis is away."""
    host = fleet.host().ready()
    fleet.in_state(fleet.submit(EMPTY), "succeeded")

    def is_asleep():
        pids = [host.process.pid, host.child("quern-keeper"), host.child("quern-worker")]
        begun, before = time.monotonic(), [cpu_seconds(pid) for pid in pids]
        eventually(lambda: time.monotonic() - begun > 3)
        used, most = [cpu_seconds(pid) - was for pid, was in zip(pids, before)], (time.monotonic() - begun) / 10
        assert max(used) < most, used

    is_asleep()
    fleet.server.kill()
    eventually(lambda: host.get("/readyz")[0] == 503, "not ready")
    is_asleep()


# ---- what it tells ----

def test_b_pages(standing):
    host = standing.hosts[0]
    assert host.get("/livez") == (200, "ok\n")
    assert host.get("/readyz") == (200, "default: ready\n")
    assert host.get("/nothing") == (404, "")
    assert "quern_redis_up 1\n" in host.get("/metrics")[1]


def test_b_settings_are_read_again(fleet):
    host = fleet.host().ready()
    eventually(lambda: 'quern_worker_slots{state="idle"} 1' in host.get("/metrics")[1], "one waits")
    host.configure(workers={"count": 2})
    host.process.send_signal(signal.SIGHUP)
    eventually(lambda: 'quern_worker_slots{state="idle"} 2' in host.get("/metrics")[1], "two wait")
    host.configure(workers={"count": 1})
    host.process.send_signal(signal.SIGHUP)
    eventually(lambda: 'quern_worker_slots{state="idle"} 1' in host.get("/metrics")[1], "one waits")
    host.configure(workers={"count": 0})
    host.process.send_signal(signal.SIGHUP)
    refused = eventually(lambda: host.events("the configuration stays as it was"), "refused")
    assert refused[0]["error"] == f'{host.config}: line 8: count: expected 1 to 64, found "0"'


@pytest.mark.parametrize("text, message", [
    ("", "[queue] url: expected redis://HOST or unix:/PATH, found nothing"),
    ("[queue]\nurl = unix:/s\nurls = 2\n",
     'line 3: [queue]: expected one of url, password_file, key_file, names, lease, durability, found "urls"'),
    ("[queues]\nurl = unix:/s\n",
     "line 2: expected a section of queue, store, workers, environments, jail, defaults, limits, http, log, found [queues]"),
    ("[queue]\nurl = unix:/s\nlease = 1h\n", 'line 3: lease: expected 1s to 10m, found "1h"'),
    ("[queue]\nurl = unix:/s\nnames = a b a\n", "line 3: names: expected each queue once, found a again"),
    ("[queue]\nurl = unix:/s\nnames = {a}\n",
     "line 3: names: '{a}' is not a queue; expected 1 to 63 of a-z 0-9 _ . -, the first a-z 0-9"),
    ("[queue]\nurl = unix:/s\n[log]\nlevel = loud\n",
     'line 4: level: expected one of error, warning, info, debug, found "loud"'),
    ("[queue]\nurl = unix:/s\nurl = unix:/t\n", "line 3: [queue]: expected url once, found it again"),
    ("[queue]\nurl = unix:/s\n[workers]\nmemory = 4GG\n", 'line 4: memory: expected a size like 4G, found "4GG"'),
])
def test_b_settings_that_cannot_be_used_are_told(tmp_path, text, message):
    path = tmp_path / "quernd.ini"
    path.write_text(text)
    done = subprocess.run([RELEASE / "quernd", "--config", path, "--check"], capture_output=True, text=True,
                          check=False)
    assert (done.returncode, done.stderr) == (78, f"quernd: {path}: {message}\n")


def test_b_the_documented_settings_can_be_used():
    path = RELEASE.parents[1] / "deploy" / "quernd.ini"
    done = subprocess.run([RELEASE / "quernd", "--config", path, "--check"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr


# ---- deaths ----

def test_c_a_worker_dies(fleet):
    host = fleet.host(queue={"lease": "10m"}).ready()
    job = fleet.submit(LONG.format(4))
    fleet.begun(job)
    os.kill(host.child("quern-worker"), signal.SIGKILL)
    record = fleet.in_state(job, "succeeded")
    assert (record["attempts"], record["crashes"]) == (2, 1)
    assert fleet.says("logs", job).count("begun") >= 1


@pytest.mark.parametrize("point", ["claim:claimed", "claim:held"])
def test_c_a_worker_dies_at_its_claim(fleet, point):
    host = fleet.host(queue={"lease": "10m"}, programs=DEV, fail=[f"kill@{point}"])
    job = fleet.submit(EMPTY)
    eventually(lambda: host.has_failed(f"kill@{point}"), "the worker died")
    record = fleet.in_state(job, "succeeded")
    assert (record["attempts"], record["crashes"]) == (2, 1)


def test_c_a_keeper_dies(fleet):
    host = fleet.host().ready()
    job = fleet.submit(LONG.format(6))
    fleet.begun(job)
    os.kill(host.child("quern-keeper"), signal.SIGKILL)
    record = fleet.in_state(job, "succeeded")
    assert (record["attempts"], record["crashes"]) == (1, 0)
    host.ready()


def test_c_a_keeper_stops(fleet):
    """Also with the shortest lease it is replaced before that ends."""
    host = fleet.host(queue={"lease": "1s"}).ready()
    job = fleet.submit(LONG.format(4))
    fleet.begun(job)
    keeper = host.child("quern-keeper")
    os.kill(keeper, signal.SIGSTOP)
    eventually(lambda: not lives(keeper), "it was killed")
    record = fleet.in_state(job, "succeeded")
    assert (record["attempts"], record["crashes"]) == (1, 0)
    assert host.events("the keeper is started anew")[0]["why"] == "it was stopped"


def test_c_a_worker_stops_beyond_the_deadline_of_its_step(fleet):
    host = fleet.host().ready()
    job = fleet.submit(LONG.format(600), "--timeout", "1s")
    fleet.begun(job)
    os.kill(host.child("quern-worker"), signal.SIGSTOP)
    record = eventually(lambda: (found := fleet.inspect(job))["crashes"] == 1 and found, "it is lost")
    assert record["state"] in ("queued", "running", "failed")
    assert host.events("worker ended")[0]["why"] == "the step took longer than its deadline"


def test_c_quernd_dies(fleet):
    host = fleet.host(queue={"lease": "10m"}).ready()
    job = fleet.submit(LONG.format(5))
    fleet.begun(job)
    assert len(host.children("quern-")) >= 3
    host.kill()  # and its children with it
    fleet.host(queue={"lease": "10m"}).ready()
    record = fleet.in_state(job, "succeeded")
    assert (record["attempts"], record["crashes"]) == (2, 1)


@pytest.mark.parametrize("program", ["quern-python", "quern-codec"])
def test_c_a_peer_dies_between_two_jobs(fleet, program):
    host = fleet.host().ready()
    fleet.in_state(fleet.submit("import pandas\ndef azureml_main():\n    return pandas.DataFrame({'a': [1]}),\n"),
                   "succeeded")
    peer = host.child(program)
    os.kill(peer, signal.SIGKILL)
    eventually(lambda: not os.path.exists(f"/proc/{peer}"), "quernd has buried it")
    job = fleet.submit("import pandas\ndef azureml_main():\n    return pandas.DataFrame({'a': [1]}),\n")
    assert fleet.in_state(job, "succeeded")["attempts"] == 1


# ---- Redis ----

def test_r_a_job_whose_wake_up_was_lost_is_found(standing):
    """As a Redis leaves it that comes back with a little less than it had: ready, and nobody was told since."""
    fleet, host = standing, standing.hosts[0]
    fleet.in_state(fleet.submit(EMPTY), "succeeded")
    eventually(lambda: 'quern_worker_slots{state="idle"} 1' in host.get("/metrics")[1], "it waits")
    job = fleet.submit(EMPTY, "--delay", "1h")
    fleet.redis("EVAL", "redis.call('ZREM', KEYS[1] .. ':delayed', ARGV[1]) redis.call('ZADD', KEYS[1] .. ':ready', 1, "
                "ARGV[1]) redis.call('HSET', KEYS[1] .. ':job:' .. ARGV[1], 'st', 'queued', 'score', 1)", 1, fleet.key(), job)
    assert fleet.in_state(job, "succeeded")["attempts"] == 1


def test_c_quernd_waits_for_redis(fleet):
    job = fleet.submit(EMPTY)
    fleet.server.kill()
    host = fleet.host()
    eventually(lambda: "default: Redis at " in host.get("/readyz")[1], "told")
    fleet.server.start()
    host.ready()
    fleet.in_state(job, "succeeded")


def test_f_a_server_that_evicts_is_refused():
    with Fleet(server=Server("--maxmemory-policy", "allkeys-lru")) as fleet:
        host = fleet.host()
        eventually(lambda: host.events("queue not ready"), "refused")
        assert "noeviction" in host.events("queue not ready")[0]["why"]
        status, text = host.get("/readyz")
        assert status == 503 and "noeviction" in text
        fleet.redis("CONFIG", "SET", "maxmemory-policy", "noeviction")
        host.ready()


def test_b_hosts_of_a_queue_agree_on_its_store(fleet):
    other = fleet.host(store={"url": f"file:{fleet.directory}/other"})
    eventually(lambda: other.events("queue not ready"), "refused")
    assert other.events("queue not ready")[-1]["why"] == \
        f"its store is {fleet.store_url}, [store] url here is file:{fleet.directory}/other"


def test_b_an_environment_that_does_not_come_up_is_not_offered(fleet):
    fleet.set_home("default,broken")
    (fleet.directory / "broken.conf").write_text("[environment]\npython = /usr/bin/python3\npreload = no_such_module\n")
    host = fleet.host(environments={"names": "default broken", "directory": fleet.directory})
    eventually(lambda: host.events("environment not offered"), "told")
    eventually(lambda: "no_such_module" in host.get("/readyz")[1], "not ready")


# ---- the end ----

def test_r_a_worker_does_one_job_after_the_other(standing):
    """The same process: its conversation with the supervisor is at its beginning again."""
    host = standing.hosts[0]
    worker = host.child("quern-worker")
    jobs = [standing.submit(EMPTY) for _ in range(3)]
    assert [standing.wait(job) for job in jobs] == ["succeeded"] * 3
    eventually(lambda: host.events("job done", job=jobs[-1]))
    assert host.children("quern-worker") == [worker]


def test_b_sigterm_lets_running_jobs_finish(fleet):
    host = fleet.host(workers={"count": 2}).ready()
    running = fleet.submit(LONG.format(4))
    fleet.begun(running)
    host.process.terminate()
    eventually(lambda: "draining" in host.get("/readyz")[1], "draining")
    waiting = fleet.submit(EMPTY)
    assert host.process.wait(PATIENCE_SECONDS) == 0
    assert fleet.inspect(running)["state"] == "succeeded"
    assert fleet.inspect(waiting)["state"] == "queued"


def test_b_a_second_sigterm_gives_jobs_back(fleet):
    host = fleet.host().ready()
    job = fleet.submit(LONG.format(600))
    fleet.begun(job)
    host.process.terminate()
    eventually(lambda: host.events("draining"), "draining")
    host.process.terminate()
    assert host.process.wait(PATIENCE_SECONDS) == 0
    record = fleet.inspect(job)
    assert (record["state"], record["attempts"], record["crashes"]) == ("queued", 0, 0)


def test_b_the_drain_ends_in_time(fleet):
    host = fleet.host(workers={"drain_timeout": "1s"}).ready()
    job = fleet.submit(LONG.format(600))
    fleet.begun(job)
    assert host.drain() == 0
    assert fleet.inspect(job)["state"] == "queued"


def test_c_the_third_sigterm_kills(fleet):
    host = fleet.host(queue={"lease": "10m"}).ready()
    job = fleet.submit(LONG.format(600))
    fleet.begun(job)
    os.kill(host.child("quern-worker"), signal.SIGSTOP)
    for event in ("draining", "giving running jobs back", "killing what is left"):
        host.process.terminate()
        eventually(lambda: host.events(event), event)
    assert host.process.wait(PATIENCE_SECONDS) == 0
    assert fleet.inspect(job)["crashes"] == 1


# ---- hosts that lose their lease ----

RESULT = "import pandas, time\ndef azureml_main():\n    print('begun', flush=True)\n    time.sleep({})\n" \
         "    return pandas.DataFrame({{'host': [{!r}]}}),\n"


def test_c_a_host_that_slept_publishes_nothing(fleet):
    first = fleet.host().ready()
    job = fleet.submit(RESULT.format(4, "any"))
    fleet.begun(job)
    first.freeze()
    second = fleet.host().ready()
    record = fleet.in_state(job, "succeeded")
    assert (record["attempts"], record["crashes"]) == (2, 1)
    first.thaw()
    eventually(lambda: first.events("job done") or first.events("worker ended"), "it learned that it lost")
    assert fleet.inspect(job) == record
    assert len(second.events("job done")) == 1
    fleet.in_state(fleet.submit(EMPTY), "succeeded")


def test_f_an_open_network_ends_before_the_lease(fleet):
    (fleet.directory / "open.conf").write_text("[environment]\npython = /usr/bin/python3\nnetwork = open\n")
    fleet.set_home("default,open")
    host = fleet.host(environments={"names": "default open", "directory": fleet.directory}, queue={"lease": "6s"}).ready()
    openly = fleet.submit(LONG.format(20), "--env", "open")
    fleet.begun(openly)
    fleet.server.kill()
    eventually(lambda: host.events("not renewed in time, with an open network"), "it was told to end")
    assert host.events("not renewed in time, with an open network")[0]["job"] == openly
    fleet.server.start()
    eventually(lambda: fleet.inspect(openly)["attempts"] == 2, "it runs again")


# ---- memory ----

FRAME = "import numpy, pandas\ndef azureml_main():\n" \
        "    return pandas.DataFrame({{'a': numpy.full({}, {}.5)}}),\n"
SUMS = "import time\ndef azureml_main({}):\n    print('begun', flush=True)\n    time.sleep(1)\n" \
       "    print([float(frame['a'].sum()) for frame in ({},)])\n"


def stored(fleet, rows, value):
    """The key of a dataset with one column of so many rows."""
    job = fleet.submit(FRAME.format(rows, value))
    fleet.in_state(job, "succeeded")
    return f"job:{job}/dataset1"


def test_l_two_jobs_with_two_inputs_in_memory_for_three(fleet):
    maker = fleet.host().ready()
    keys = [stored(fleet, 1_000_000, value) for value in range(4)]  # 8 MB each
    assert maker.drain() == 0
    script = SUMS.format("a, b", "a, b")
    host = fleet.host(workers={"count": 2, "memory": "28M"}).ready()
    jobs = [fleet.submit(script, "--dataframe1", first, "--dataframe2", second)
            for first, second in ((keys[i], keys[j]) for i, j in ((0, 1), (2, 3), (0, 2), (1, 3)))]
    for job in jobs:
        assert fleet.in_state(job, "succeeded")["state"] == "succeeded"
    assert host.metric("quern_segment_bytes") <= 28 << 20


def test_l_a_gigabyte_is_decoded_once(fleet):
    maker = fleet.host().ready()
    big = stored(fleet, 125_000_000, 1)
    assert maker.drain() == 0
    host = fleet.host(workers={"count": 2}).ready()
    script = SUMS.format("a", "a")
    jobs = [fleet.submit(script, "--dataframe1", big, "--memory", "4G") for _ in range(2)]
    for job in jobs:
        fleet.in_state(job, "succeeded")
        assert fleet.says("logs", job).endswith("[187500000.0]\n")
    eventually(lambda: host.metric("quern_segment_hits_total") is not None, "counted")
    assert host.metric("quern_segment_loads_total") == 1
    assert 1e9 <= host.metric("quern_segment_bytes") < 1.01e9


def test_b_a_result_stays_on_its_host(fleet):
    host = fleet.host().ready()
    made = stored(fleet, 1_000_000, 1)
    job = fleet.submit(SUMS.format("a", "a"), "--dataframe1", made)
    fleet.in_state(job, "succeeded")
    eventually(lambda: host.metric("quern_segment_hits_total") == 1, "a hit")
    assert host.metric("quern_segment_loads_total") == 0
