# SPDX-License-Identifier: Apache-2.0
"""`quern doctor`."""
import json

from fleet import PATIENCE_SECONDS


def doctor(fleet, **more):
    done = fleet.quern("doctor", "--json", timeout=PATIENCE_SECONDS, **more)
    found = json.loads(done.out)
    assert found["schema"] == 1 and done.err == ""
    return done.code, [(entry["what"], entry["level"], entry["text"], entry["remedy"]) for entry in found["findings"]]


def test_b_doctor_names_every_remedy(fleet):
    fleet.redis("CONFIG", "SET", "appendonly", "no")
    code, found = doctor(fleet)
    assert code == 0
    said = {(what, level, text) for what, level, text, _ in found}
    assert ("queue", "good", f"'default' at {fleet.url} (QUERN_REDIS_URL)") in said
    assert ("clock", "good", "as that of Redis, within 2 s") in said
    assert ("redis", "warning", "not append-only: a restart forgets what came after the last snapshot",
            "appendonly yes and appendfsync always in redis.conf") in found
    assert ("workers", "warning", "nobody works for the queue: jobs wait",
            "quern up --detach, or start quernd") in found
    assert [level for what, level, _, _ in found if what == "python"] == ["good"]
    assert {what for what, *_ in found} >= {"python", "jail", "memory", "disk", "queue", "redis", "clock", "store"}
    assert all(remedy for _, level, _, remedy in found if level != "good")


def test_b_doctor_refuses_a_redis_that_drops_jobs(fleet):
    fleet.redis("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    fleet.redis("CONFIG", "SET", "maxmemory", 10**9)
    code, found = doctor(fleet)
    assert code == 78
    faults = [(text, remedy) for _, level, text, remedy in found if level == "fault"]
    assert faults == [(
        "Redis drops keys when memory ends (maxmemory-policy is allkeys-lru), and jobs with them; set maxmemory-policy "
        "noeviction", "in redis.conf, or CONFIG SET maxmemory-policy noeviction; Redis >= 6.2")]


def test_b_doctor_without_redis_and_without_a_queue(fleet):
    fleet.server.kill()
    code, found = doctor(fleet)
    assert code == 69 and ("redis", "fault", f"Redis at {fleet.server.path}: Connection refused",
                           "start it, or correct QUERN_REDIS_URL") in found
    code, found = doctor(fleet, QUERN_REDIS_URL="")
    assert code == 0 and ("queue", "good", "none: `quern run` needs none",
                          "quern up --detach starts one, for quern submit") in found
