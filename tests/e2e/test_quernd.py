# SPDX-License-Identifier: Apache-2.0
"""quernd against a real Redis: jobs run, deaths of any of its processes cost an attempt and nothing else, and it ends in
good order."""
import os
import signal
import subprocess

import pytest

from quernds import DEV, RELEASE, Fleet, until

EMPTY = "def azureml_main():\n    return None\n"
LONG = "import time\ndef azureml_main():\n    print('begun', flush=True)\n    time.sleep({})\n"


def begun(fleet, job):
    return until(f"{job} has begun", lambda: "begun" in fleet.quern("logs", job).stdout)


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


# ---- jobs ----

def test_b_a_job_runs_and_is_told(fleet):
    host = fleet.quernd().ready()
    job = fleet.submit("def azureml_main():\n    print('hello')\n")
    record = fleet.in_state(job, "succeeded")
    assert (record["attempts"], record["crashes"]) == (1, 0)
    assert fleet.quern("logs", job).stdout == "hello\n"
    assert until("job done", lambda: host.events("job done"))[0]["job"] == job
    until("counted", lambda: 'quern_jobs_finished_total{queue="default",state="succeeded",why=""} 1\n'
          in host.get("/metrics")[1])
    assert host.stop() == 0


def test_b_the_preferred_queue_comes_first(fleet):
    settings = {"queue": {"names": "soon late"}}
    fleet.quernd("first", settings).ready().stop()  # the queues have a home now
    late = [fleet.submit(EMPTY, "-q", "late") for _ in range(3)]
    soon = [fleet.submit(EMPTY, "-q", "soon") for _ in range(3)]
    host = fleet.quernd(settings=settings).ready()
    until("all are done", lambda: len(host.events("job done")) == 6)
    assert [line["job"] for line in host.events("job done")] == soon + late


def test_b_all_workers_work(fleet):
    host = fleet.quernd(settings={"workers": {"count": 3}}).ready()
    until("three wait", lambda: 'quern_worker_slots{state="idle"} 3' in host.get("/metrics")[1])
    jobs = [fleet.submit(LONG.format(2)) for _ in range(3)]
    until("three work", lambda: 'quern_worker_slots{state="busy"} 3' in host.get("/metrics")[1])
    for job in jobs:
        assert fleet.in_state(job, "succeeded")["attempts"] == 1
    assert sorted(line["worker"] for line in host.events("job done")) == ["0", "1", "2"]


def test_b_a_cancelled_job_ends_soon(fleet):
    fleet.quernd().ready()
    job = fleet.submit(LONG.format(600))
    begun(fleet, job)
    fleet.quern("cancel", job)
    assert fleet.in_state(job, "cancelled", seconds=20)["reason"] == "cancelled"


# ---- what it tells ----

def test_b_pages(fleet):
    host = fleet.quernd().ready()
    assert host.get("/livez") == (200, "ok\n")
    assert host.get("/readyz") == (200, "default: ready\n")
    assert host.get("/nothing") == (404, "")
    assert "quern_redis_up 1\n" in host.get("/metrics")[1]


def test_b_settings_are_read_again(fleet):
    host = fleet.quernd().ready()
    until("one waits", lambda: 'quern_worker_slots{state="idle"} 1' in host.get("/metrics")[1])
    host.configure({"workers": {"count": 2}})
    host.process.send_signal(signal.SIGHUP)
    until("two wait", lambda: 'quern_worker_slots{state="idle"} 2' in host.get("/metrics")[1])
    host.configure({"workers": {"count": 1}})
    host.process.send_signal(signal.SIGHUP)
    until("one waits", lambda: 'quern_worker_slots{state="idle"} 1' in host.get("/metrics")[1])
    host.configure({"workers": {"count": 0}})
    host.process.send_signal(signal.SIGHUP)
    refused = until("refused", lambda: host.events("the configuration stays as it was"))
    assert refused[0]["error"] == f'{host.config}: line 7: count: expected 1 to 64, found "0"'


@pytest.mark.parametrize("text, message", [
    ("", "[queue] url: expected redis://HOST or unix:/PATH, found nothing"),
    ("[queue]\nurl = unix:/s\nurls = 2\n",
     'line 3: [queue]: expected one of url, password_file, names, lease, found "urls"'),
    ("[queues]\nurl = unix:/s\n",
     "line 2: expected a section of queue, store, workers, environments, jail, http, log, found [queues]"),
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
    host = fleet.quernd(settings={"queue": {"lease": "10m"}}).ready()
    job = fleet.submit(LONG.format(4))
    begun(fleet, job)
    os.kill(host.children("quern-worker")[0], signal.SIGKILL)
    record = fleet.in_state(job, "succeeded")
    assert (record["attempts"], record["crashes"]) == (2, 1)
    assert fleet.quern("logs", job).stdout.count("begun") >= 1


@pytest.mark.parametrize("point", ["claim:claimed", "claim:held"])
def test_c_a_worker_dies_at_its_claim(fleet, point):
    token = fleet.directory / "token"
    host = fleet.quernd(settings={"queue": {"lease": "10m"}}, programs=DEV,
                        environ={"QUERN_FAIL": f"kill@{point},{token}", "ASAN_OPTIONS": "detect_leaks=0"}).ready()
    until("the first claim found nothing", lambda: host.metric("quern_claim_loop_last_success_timestamp_seconds"))
    token.touch()
    job = fleet.submit(EMPTY)
    until("the worker died", lambda: not token.exists())
    record = fleet.in_state(job, "succeeded")
    assert (record["attempts"], record["crashes"]) == (2, 1)


def test_c_a_keeper_dies(fleet):
    host = fleet.quernd().ready()
    job = fleet.submit(LONG.format(6))
    begun(fleet, job)
    os.kill(host.children("quern-keeper")[0], signal.SIGKILL)
    record = fleet.in_state(job, "succeeded")
    assert (record["attempts"], record["crashes"]) == (1, 0)
    host.ready()


def test_c_a_keeper_stops(fleet):
    host = fleet.quernd(settings={"queue": {"lease": "6s"}}).ready()
    job = fleet.submit(LONG.format(10))
    begun(fleet, job)
    keeper = host.children("quern-keeper")[0]
    os.kill(keeper, signal.SIGSTOP)
    until("it was killed", lambda: gone(keeper))
    record = fleet.in_state(job, "succeeded")
    assert (record["attempts"], record["crashes"]) == (1, 0)
    assert host.events("the keeper is started anew")[0]["why"] == "it was silent"


def test_c_a_worker_stops_beyond_the_deadline_of_its_step(fleet):
    host = fleet.quernd().ready()
    job = fleet.submit(LONG.format(600), "--timeout", "1s")
    begun(fleet, job)
    os.kill(host.children("quern-worker")[0], signal.SIGSTOP)
    record = until("it is lost", lambda: (found := fleet.job(job))["crashes"] == 1 and found)
    assert record["state"] in ("queued", "running", "failed")
    assert host.events("worker ended")[0]["why"] == "the step took longer than its deadline"


def test_c_quernd_dies(fleet):
    host = fleet.quernd("first").ready()
    job = fleet.submit(LONG.format(5))
    begun(fleet, job)
    pids = host.children("quern-")
    assert len(pids) >= 3
    host.process.kill()
    host.process.wait()
    for pid in pids:
        until(f"{pid} is gone", lambda: gone(pid))
    fleet.quernd("second").ready()
    record = fleet.in_state(job, "succeeded")
    assert (record["attempts"], record["crashes"]) == (2, 1)


@pytest.mark.parametrize("program", ["quern-python", "quern-codec"])
def test_c_a_peer_dies_between_two_jobs(fleet, program):
    host = fleet.quernd().ready()
    fleet.in_state(fleet.submit("import pandas\ndef azureml_main():\n    return pandas.DataFrame({'a': [1]}),\n"),
                   "succeeded")
    peer = host.children(program)[0]
    os.kill(peer, signal.SIGKILL)
    until("it is gone", lambda: peer not in host.children(program))
    job = fleet.submit("import pandas\ndef azureml_main():\n    return pandas.DataFrame({'a': [1]}),\n")
    assert fleet.in_state(job, "succeeded")["attempts"] == 1


# ---- Redis ----

def test_c_redis_is_killed_while_a_job_runs(fleet):
    host = fleet.quernd(settings={"queue": {"lease": "5s"}}).ready()
    job = fleet.submit(LONG.format(6))
    begun(fleet, job)
    fleet.redis.kill()
    until("not ready", lambda: host.get("/readyz")[0] == 503)
    assert host.get("/livez")[0] == 200
    fleet.redis.start()
    record = fleet.in_state(job, "succeeded")
    assert (record["attempts"], record["crashes"]) == (1, 0)
    host.ready()
    fleet.in_state(fleet.submit(EMPTY), "succeeded")


def test_c_quernd_waits_for_redis(fleet):
    fleet.quernd("first").ready().stop()
    job = fleet.submit(EMPTY)
    fleet.redis.kill()
    host = fleet.quernd()
    until("told", lambda: "default: Redis at " in host.get("/readyz")[1])
    fleet.redis.start()
    host.ready()
    fleet.in_state(job, "succeeded")


def test_f_a_server_that_evicts_is_refused():
    fleet = Fleet("--maxmemory-policy", "allkeys-lru")
    try:
        host = fleet.quernd()
        until("refused", lambda: host.events("queue not ready"))
        assert "noeviction" in host.events("queue not ready")[0]["why"]
        status, text = host.get("/readyz")
        assert status == 503 and "noeviction" in text
        fleet.redis.command("CONFIG", "SET", "maxmemory-policy", "noeviction")
        host.ready()
    finally:
        fleet.close()


def test_b_hosts_of_a_queue_agree_on_its_store(fleet):
    fleet.quernd("first").ready()
    other = fleet.quernd("second", {"store": {"url": f"file:{fleet.directory}/other"}})
    until("refused", lambda: other.events("queue not ready"))
    assert other.events("queue not ready")[-1]["why"] == \
        f"its store is {fleet.store}, [store] url here is file:{fleet.directory}/other"


def test_b_an_environment_that_does_not_come_up_is_not_offered(fleet):
    (fleet.directory / "broken.conf").write_text("[environment]\npython = /usr/bin/python3\npreload = no_such_module\n")
    host = fleet.quernd(settings={"environments": {"names": "default broken", "directory": fleet.directory}})
    until("told", lambda: host.events("environment not offered"))
    until("not ready", lambda: "no_such_module" in host.get("/readyz")[1])


# ---- the end ----

def test_b_sigterm_lets_running_jobs_finish(fleet):
    host = fleet.quernd(settings={"workers": {"count": 2}}).ready()
    running = fleet.submit(LONG.format(4))
    begun(fleet, running)
    host.process.terminate()
    until("draining", lambda: "draining" in host.get("/readyz")[1])
    waiting = fleet.submit(EMPTY)
    assert host.process.wait(60) == 0
    assert fleet.job(running)["state"] == "succeeded"
    assert fleet.job(waiting)["state"] == "queued"


def test_b_a_second_sigterm_gives_jobs_back(fleet):
    host = fleet.quernd().ready()
    job = fleet.submit(LONG.format(600))
    begun(fleet, job)
    host.process.terminate()
    until("draining", lambda: host.events("draining"))
    host.process.terminate()
    assert host.process.wait(60) == 0
    record = fleet.job(job)
    assert (record["state"], record["attempts"], record["crashes"]) == ("queued", 0, 0)


def test_b_the_drain_ends_in_time(fleet):
    host = fleet.quernd(settings={"workers": {"drain_timeout": "1s"}}).ready()
    job = fleet.submit(LONG.format(600))
    begun(fleet, job)
    assert host.stop() == 0
    assert fleet.job(job)["state"] == "queued"


def test_c_the_third_sigterm_kills(fleet):
    host = fleet.quernd(settings={"queue": {"lease": "10m"}}).ready()
    job = fleet.submit(LONG.format(600))
    begun(fleet, job)
    os.kill(host.children("quern-worker")[0], signal.SIGSTOP)
    for event in ("draining", "giving running jobs back", "killing what is left"):
        host.process.terminate()
        until(event, lambda: host.events(event))
    assert host.process.wait(60) == 0
    assert fleet.job(job)["crashes"] == 1


# ---- hosts that lose their lease ----

def stop_all(host):
    """SIGSTOP for a host's processes: the whole machine sleeps."""
    pids = [host.process.pid, *host.children("quern-")]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    return pids


RESULT = "import pandas, time\ndef azureml_main():\n    print('begun', flush=True)\n    time.sleep({})\n" \
         "    return pandas.DataFrame({{'host': [{!r}]}}),\n"


def test_c_a_host_that_slept_publishes_nothing(fleet):
    first = fleet.quernd("first").ready()
    job = fleet.submit(RESULT.format(4, "any"))
    begun(fleet, job)
    sleepers = stop_all(first)
    second = fleet.quernd("second").ready()
    record = fleet.in_state(job, "succeeded")
    assert (record["attempts"], record["crashes"]) == (2, 1)
    for pid in sleepers:
        os.kill(pid, signal.SIGCONT)
    until("it learned that it lost", lambda: first.events("job done") or first.events("worker ended"))
    assert fleet.job(job) == record
    assert len(second.events("job done")) == 1
    fleet.in_state(fleet.submit(EMPTY), "succeeded")


def test_f_an_open_network_ends_before_the_lease(fleet):
    (fleet.directory / "open.conf").write_text("[environment]\npython = /usr/bin/python3\nnetwork = open\n")
    host = fleet.quernd(settings={"environments": {"names": "default open", "directory": fleet.directory},
                                  "queue": {"lease": "6s"}}).ready()
    openly = fleet.submit(LONG.format(20), "--env", "open")
    begun(fleet, openly)
    fleet.redis.kill()
    until("it was told to end", lambda: host.events("not renewed in time, with an open network"))
    assert host.events("not renewed in time, with an open network")[0]["job"] == openly
    fleet.redis.start()
    until("it runs again", lambda: fleet.job(openly)["attempts"] == 2)


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
    maker = fleet.quernd("maker").ready()
    keys = [stored(fleet, 1_000_000, value) for value in range(4)]  # 8 MB each
    assert maker.stop() == 0
    script = SUMS.format("a, b", "a, b")
    host = fleet.quernd(settings={"workers": {"count": 2, "memory": "28M"}}).ready()
    jobs = [fleet.submit(script, "--dataframe1", first, "--dataframe2", second)
            for first, second in ((keys[i], keys[j]) for i, j in ((0, 1), (2, 3), (0, 2), (1, 3)))]
    for job in jobs:
        assert fleet.in_state(job, "succeeded")["state"] == "succeeded"
    assert host.metric("quern_segment_bytes") <= 28 << 20


def test_l_a_gigabyte_is_decoded_once(fleet):
    maker = fleet.quernd("maker").ready()
    big = stored(fleet, 125_000_000, 1)
    assert maker.stop() == 0
    host = fleet.quernd(settings={"workers": {"count": 2}}).ready()
    script = SUMS.format("a", "a")
    jobs = [fleet.submit(script, "--dataframe1", big, "--memory", "4G") for _ in range(2)]
    for job in jobs:
        fleet.in_state(job, "succeeded", seconds=120)
        assert fleet.quern("logs", job).stdout.endswith("[187500000.0]\n")
    until("counted", lambda: host.metric("quern_segment_hits_total") is not None)
    assert host.metric("quern_segment_loads_total") == 1
    assert 1e9 <= host.metric("quern_segment_bytes") < 1.01e9


def test_b_a_result_stays_on_its_host(fleet):
    host = fleet.quernd().ready()
    made = stored(fleet, 1_000_000, 1)
    job = fleet.submit(SUMS.format("a", "a"), "--dataframe1", made)
    fleet.in_state(job, "succeeded")
    until("a hit", lambda: host.metric("quern_segment_hits_total") == 1)
    assert host.metric("quern_segment_loads_total") == 0
