# SPDX-License-Identifier: Apache-2.0
"""What is said of a job, in the queue, on the command line and in the store, and whether it is all the same."""
import collections
import json


def now(fleet):
    """The server's time, in ms since 1970."""
    seconds, micros = fleet.redis("TIME")
    return int(seconds) * 1000 + int(micros) // 1000


def lease_end(fleet, job):
    """In ms since 1970; None when it does not run."""
    score = fleet.redis("ZSCORE", fleet.key("lease"), job)
    return score and int(score)


def life(fleet, job):
    """{what: [when, in ms of the server]} of the queue's news: submit, claim, lost, retry, end."""
    told = collections.defaultdict(list)
    for entry, fields in fleet.redis("XRANGE", fleet.key("events"), "-", "+"):
        row = dict(zip(fields[::2], fields[1::2]))
        if row[b"id"] == job.encode():
            told[row[b"what"].decode()].append(int(entry.split(b"-")[0]))
    return told


def truth(fleet, job):
    """The fields that all agree on, as inspect names them; a disagreement is an AssertionError."""
    whose = "ran" if fleet.state(job) in ("succeeded", "failed", "cancelled") else "own"
    values = fleet.redis("HMGET", fleet.key("job", job), "st", "att", "crash", "infra", "retries", whose, "num")
    fields = [value and value.decode() for value in values]
    true = dict(zip(("state", "attempts", "crashes", "infra", "retries", "worker", "number"),
                    [fields[0], *[int(value or 0) for value in fields[1:5]], fields[5], int(fields[6])]))
    inspected, listed = fleet.inspect(job), [one for one in rows(fleet) if one["id"] == job]
    assert {name: inspected[name] for name in true} == true, (inspected, true)
    assert [{name: one[name] for name in true if name in one} for one in listed] == [
        {name: value for name, value in true.items() if name in listed[0]}], (listed, true)
    return true


def rows(fleet):
    return [json.loads(line) for line in fleet.says("ls", "-n", "1000", "--json").splitlines()]


def published_once(fleet, job, key):
    """The record, the manifest and the catalogue speak of the same attempt, and of nothing else; one claim ended it."""
    own, manifest, told = fleet.names(f"job:{job}/"), json.loads(fleet.bytes_of(f"job:{job}/job.json")), life(fleet, job)
    users = {name: version for name, version in fleet.names(key).items() if name == key or name.startswith(key + "/")}
    assert users == {key: own[f"job:{job}/dataset1"], f"{key}/visualization.png": own[f"job:{job}/visualization.png"]}
    assert {one["key"]: one["version"] for one in manifest["outputs"]} == users
    record = fleet.inspect(job)
    assert (record["state"], bool(record["worker"]), record["result"]) == ("succeeded", True, manifest)
    assert (len(told["end"]), len(told["claim"])) == (1, record["attempts"]), told
    assert len(told["lost"]) == record["crashes"], told
    for version in set(own.values()):
        assert (fleet.store / "objects" / version).exists(), version
    return record
