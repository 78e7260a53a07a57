# SPDX-License-Identifier: Apache-2.0
"""benchmarks/fleet.py against a real fleet: what it prints, when it alarms, and that it leaves nothing."""
import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from fleet import PATIENCE_SECONDS, ROOT, Fleet, eventually

sys.path.insert(0, str(ROOT / "benchmarks"))

import fleet_bounds  # noqa: E402  (the path above finds them)
import fleet_client  # noqa: E402
import fleet_steps  # noqa: E402
import fleet_traces  # noqa: E402
from fleet_canaries import Life  # noqa: E402

PROBE = ROOT / "benchmarks/fleet.py"
STEPS = ["submit", "claimed", "load", "dispatch", "run", "collect", "publish", "complete", "seen", "total", "fetch"]
# What schemas/queue.md keeps of a queue that has no jobs: counters, news, workers, and tokens that go by themselves.
KEPT = re.compile(r"quern:\{default\}:(number|seq|fence|ticked|grace|conf|stats|wake|events|workers|worker_info|spent:.*|done:.*)")


@pytest.fixture(scope="module")
def living(tmp_path_factory):
    """A fleet of one host, and what two users have left in its queue."""
    with Fleet(tmp_path_factory.mktemp("probe")) as fleet:
        fleet.host(queue={"lease": "10s"})
        for _ in range(2):
            assert fleet.wait(fleet.submit("def azureml_main(): print('kept')", "-o", "kept")) == "succeeded"
        yield fleet


@pytest.fixture
def lonely(tmp_path):
    """A queue that no host serves."""
    with Fleet(tmp_path) as fleet:
        yield fleet


def command(fleet, *words):
    return [PROBE, "-q", "default", "--quern", fleet.programs / "quern", "--rows", "1000", *words]


def probe(fleet, *words):
    return subprocess.run(command(fleet, *words), env=fleet.environment, text=True, capture_output=True, timeout=PATIENCE_SECONDS,
                          check=False)


def client(fleet):
    return fleet_client.Quern(fleet.programs / "quern", "default", environment=fleet.environment)


def keys(fleet):
    """What Redis holds of the queue's jobs and names."""
    return sorted(key for key in map(bytes.decode, fleet.redis("KEYS", "*")) if not KEPT.fullmatch(key))


def listing(fleet):
    return [fleet.says(*words) for words in (("ls", "--json"), ("dataset", "ls", "--json"), ("dataset", "ls", "job:"))]


def objects(fleet):
    return {path.name for path in (fleet.store / "objects").iterdir()}


def test_b_json_has_every_step_and_nothing_is_left(living):
    before = keys(living), living.names(), listing(living), objects(living)
    done = probe(living, "--rounds", "2", "--form", "json")
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert (report["schema"], report["queue"], report["alarms"], report["left"]) == (1, "default", [], [])
    assert {shape: found["canaries"] for shape, found in report["shapes"].items()} == {
        "empty": 2, "frame_made": 1, "frame": 2, "strings_made": 1, "strings": 2, "plot": 2}
    for found in report["shapes"].values():
        assert list(found["steps"]) == STEPS
        assert all(0 <= step["p50"] <= step["p99"] for step in found["steps"].values())
        assert 0 < found["steps"]["run"]["p50"] <= found["steps"]["total"]["p99"]
        assert 0 < found["steps"]["dispatch"]["p50"] < found["steps"]["run"]["p99"]
    assert all(report["shapes"][shape]["steps"]["fetch"]["p50"] > 0 for shape in ("frame", "strings", "plot"))
    assert (keys(living), living.names(), listing(living)) == before[:3]
    for path in (living.store / "objects").iterdir():
        os.utime(path, (0, 0))  # as if it had been there for long
    living.says("dataset", "collect")
    assert objects(living) == before[3]


def test_b_the_table_has_a_row_per_step(living):
    done = probe(living, "--rounds", "1", "--shapes", "empty,plot")
    assert (done.returncode, done.stderr) == (0, "")
    head, shapes, *rows = done.stdout.splitlines()
    assert re.fullmatch(r"queue default, [0-9.]+ s, p50 / p99 in ms", head)
    assert shapes.split() == ["empty", "plot"]
    assert [row.split()[0] for row in rows] == [*STEPS, "canaries"]
    assert all(re.fullmatch(r" *\w+( +[0-9.]+ / *[0-9.]+){2}", row) for row in rows[:-1])
    assert rows[-1].split() == ["canaries", "1", "1"]


def test_b_prometheus_text(living):
    done = probe(living, "--rounds", "1", "--shapes", "empty", "--form", "prometheus")
    assert (done.returncode, done.stderr) == (0, "")
    sample = re.compile(r'(quern_canary_\w+)\{((?:\w+="[^"]*",?)+)\} ([0-9.e+-]+)')
    samples = [sample.fullmatch(line) for line in done.stdout.splitlines() if not line.startswith("#")]
    assert all(samples)
    values = {(found[1], found[2]): float(found[3]) for found in samples}
    for step in STEPS:
        for quantile in ("0.5", "0.99"):
            name = f'queue="default",shape="empty",step="{step}",quantile="{quantile}"'
            assert values.pop(("quern_canary_step_seconds", name)) >= 0
    assert abs(values.pop(("quern_canary_last_probe_timestamp_seconds", 'queue="default"')) - time.time()) < 3600
    assert values == {("quern_canary_succeeded", 'queue="default",shape="empty"'): 1,
                      ("quern_canary_alarms", 'queue="default"'): 0, ("quern_canary_left", 'queue="default"'): 0}
    names = {found[1] for found in samples}
    assert {line.split()[2] for line in done.stdout.splitlines() if line.startswith("# TYPE ")} == names


def test_l_a_threshold_is_an_alarm(living):
    done = probe(living, "--rounds", "1", "--shapes", "empty", "--max", "empty.run.p99=0ms", "--max", "empty.p50=1h")
    assert done.returncode == 124
    assert [re.sub(r"[0-9.]+ ms$", "N ms", line) for line in done.stdout.splitlines() if line.startswith("alarm")] == [
        "alarm: empty.run.p99=0ms: it was N ms"]


def test_l_a_fleet_that_does_not_answer_is_late(lonely):
    done = probe(lonely, "--shapes", "empty", "--timeout", "1s", "--form", "json")
    assert done.returncode == 124
    report = json.loads(done.stdout)
    assert report["alarms"] == [{"what": "empty: has not ended in time", "code": 124}]
    assert (report["shapes"], report["left"], keys(lonely)) == ({}, [], [])


def test_c_a_canary_that_fails_gives_its_code(living):
    done = probe(living, "--rounds", "1", "--shapes", "frame", "--rows", "200000000", "--form", "json")
    report = json.loads(done.stdout)
    assert done.returncode == 137
    assert [alarm["code"] for alarm in report["alarms"]] == [137]
    assert report["alarms"][0]["what"].startswith("frame_made: quern wait: ")
    assert fleet_traces.present(client(living)) == []


def test_c_a_terminated_probe_cleans_up(lonely):
    process = subprocess.Popen(command(lonely), env=lonely.environment, stdout=subprocess.PIPE)
    eventually(lambda: fleet_traces.present(client(lonely)))
    process.terminate()
    process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 128 + signal.SIGTERM
    assert keys(lonely) == []


def test_c_what_a_killed_probe_left_is_removed_when_its_time_is_over(lonely):
    process = subprocess.Popen(command(lonely), env=lonely.environment, stdout=subprocess.PIPE)
    quern = client(lonely)
    [left] = eventually(lambda: fleet_traces.present(quern))
    process.kill()
    process.communicate()
    assert fleet_traces.remove_left(quern, time.time()) == []
    assert fleet_traces.remove_left(quern, time.time() + 3600) == [left]
    assert keys(lonely) == []


def test_c_a_probe_removes_what_it_finds(living):
    dead, other = "canary-00000001-00000000-1", "canary-user"
    for job in (dead, other):
        assert living.wait(living.submit("def azureml_main(): pass", "--id", job)) == "succeeded"
    done = probe(living, "--rounds", "1", "--shapes", "empty", "--form", "json")
    assert (done.returncode, json.loads(done.stdout)["removed"]) == (0, [dead])
    assert fleet_traces.present(client(living)) == [other]
    living.says("rm", other)


def test_b_redis_away(lonely):
    lonely.environment["QUERN_REDIS_URL"] = f"unix:{lonely.directory}/nobody"
    done = probe(lonely, "--form", "json")
    assert done.returncode == 69
    assert json.loads(done.stdout)["alarms"][0]["what"].startswith("quern ls: error: ")


@pytest.mark.parametrize("words, said", [
    (["--max", "empty"], "argument --max: expected SHAPE[.STEP].p50=DURATION or p99, found 'empty'"),
    (["--max", "empty.p98=1s"], "argument --max: expected a quantile among p50 p99, found 'p98'"),
    (["--max", "empty.sleep.p99=1s"], f"argument --max: expected a step among {' '.join(STEPS)}, found 'sleep'"),
    (["--max", "full.p99=1s"], "argument --max: expected a shape among empty frame frame_made strings strings_made plot, found 'full'"),
    (["--max", "empty.p99=1"], "argument --max: expected a duration like 500ms, 60s or 5m, found '1'"),
    (["--rounds", "101"], "argument --rounds: expected 1 to 100, found '101'"),
    (["--shapes", "empty,"], "argument --shapes: expected a shape among empty frame strings plot, found ''"),
    (["--timeout", "999ms"], "argument --timeout: expected 1s or more, found '999ms'"),
])
def test_b_usage(words, said):
    done = subprocess.run([PROBE, "--quern", "/bin/true", *words], text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (2, f"fleet.py: error: {said}")


def life(began, accepted, submitted, seen=0.0):
    steps = {name: {"load": 1.0, "run": 2.0, "collect": 0.5, "publish": 0.5}[name] for name in fleet_steps.WORKER}
    return Life("empty", began, accepted, seen, submitted, submitted + 0.010, submitted + 0.020, steps, 0.25, 0.0)


@pytest.mark.parametrize("lives, offset", [
    ([], 0), ([life(10, 11, 10.5)], 0), ([life(10, 11, 10.5), life(20, 21, 19.75)], 0.25), ([life(10, 11, 12)], -1)])
def test_b_the_clock_of_redis(lives, offset):
    assert fleet_steps.clock_offset(lives) == offset


def test_b_steps_add_up():
    found = fleet_steps.steps(life(10.0, 10.005, 10.004, seen=10.030), 0.0)
    assert {name: round(value, 6) for name, value in found.items()} == {
        "submit": 5, "claimed": 10, "load": 1, "dispatch": 0.25, "run": 2, "collect": 0.5, "publish": 0.5, "complete": 6, "seen": 6,
        "total": 30, "fetch": 0}


def test_b_quantiles_are_measured_values():
    assert [fleet_steps.quantile([3, 1, 2], part) for part in (0.5, 0.99)] == [2, 3]
    assert fleet_steps.quantile(list(range(1, 201)), 0.99) == 198


def test_b_a_bound_without_a_measurement_is_an_alarm():
    [failure] = fleet_bounds.exceeded([fleet_bounds.parse("plot.p99=1s")], {})
    assert failure == ("plot.p99=1s: nothing was measured", 124)
