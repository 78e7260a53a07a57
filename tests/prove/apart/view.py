# SPDX-License-Identifier: Apache-2.0
"""What there is at the end, read without quern where that can be done: the queue's keys, the store's bytes, and beside them
what quern tells of each job. The verdict and its self test work on this data alone.
"""
import dataclasses
import hashlib
import json
import os
import pathlib
import shutil

INDEXES = {"blocked": "blocked", "delayed": "delayed", "ready": "queued", "lease": "running", "done": "succeeded",
           "dead": "failed", "cancelled": "cancelled"}
BATCH = 500


@dataclasses.dataclass
class Name:
    version: str
    bytes: int
    fence: int


@dataclasses.dataclass
class View:
    """fields: of each job's hash. indexes: {state: ids}. names: the catalogue. events: (what, why) of each job, in order.
    logs: (attempt, bytes) of stdout in the queue. keys: all others. records: of `inspect`. files: of `result`, by name.
    objects: {version: whether its bytes have this SHA-256}. rest: what else the store keeps."""
    fields: dict
    indexes: dict
    numbers: set
    names: dict
    events: dict
    logs: dict
    keys: set
    stats: dict
    counts: dict
    records: dict
    results: dict
    files: dict
    objects: dict
    rest: list


def look(fleet, queue="default", store="default"):
    redis = fleet.connect()
    prefix = f"quern:{{{queue}}}:"
    keys = {key.decode()[len(prefix):] for key in redis("KEYS", prefix.replace("{", "[{]").replace("}", "[}]") + "*")}
    ids = sorted(key[4:] for key in keys if key.startswith("job:"))
    objects, rest = look_at_store(fleet, store)
    view = View(
        fields=dict(zip(ids, map(pairs, batches(redis, [("HGETALL", f"{prefix}job:{id}") for id in ids])))),
        indexes={state: texts(redis("ZRANGE", prefix + index, 0, -1)) for index, state in INDEXES.items()},
        numbers=set(texts(redis("ZRANGE", f"{prefix}numbers", 0, -1))),
        names=dict(map(name, redis("ZRANGE", f"{prefix}names", 0, -1))),
        events=events(redis, prefix),
        logs={id: stdout(entries) for id, entries in zip(ids, batches(redis, [("XRANGE", f"{prefix}log:{id}", "-", "+")
                                                                               for id in ids]))},
        keys={key for key in keys if not key.startswith(("job:", "spec:", "log:"))},
        stats={key: int(value) for key, value in pairs(redis("HGETALL", f"{prefix}stats")).items()},
        counts=json.loads(fleet.says("queue", "ls", "-q", queue, "--json").splitlines()[0]),
        records={}, results={}, files={}, objects=objects, rest=rest)
    redis.close()
    ask(fleet, queue, view)
    return view


def ask(fleet, queue, view):
    """What `inspect` and `result` tell of each job."""
    ids = list(view.fields)
    for id, done in zip(ids, fleet.quern_each([("inspect", id, "-q", queue) for id in ids])):
        view.records[id] = json.loads(done.out)
    published = [id for id in ids if f"job:{id}/job.json" in view.names]
    place = fleet.directory / "results"
    for id, done in zip(published, fleet.quern_each([("result", id, "-q", queue, "-o", place / id) for id in published])):
        view.results[id] = (done.code, done.err.strip())
        view.files[id] = read_files(place / id)
    shutil.rmtree(place, ignore_errors=True)


def read_files(directory):
    """{name: (SHA-256, bytes)}, of large ones the first and last bytes."""
    found = {}
    for path in pathlib.Path(directory).glob("*"):
        content = path.read_bytes()
        found[path.name] = ("sha256-" + hashlib.sha256(content).hexdigest(), content[:65536] + content[65536:][-65536:])
    return found


# ---- the queue ----

def batches(redis, commands):
    replies = []
    for start in range(0, len(commands), BATCH):
        replies += redis.pipeline(commands[start:start + BATCH])
    return replies


def texts(reply):
    return [part.decode() for part in reply]


def pairs(reply):
    words = texts(reply)
    return dict(zip(words[::2], words[1::2]))


def name(entry):
    key, rest = entry.split(b"\0", 1)
    version, size, fence, _ = rest.decode().split()
    return key.decode(), Name(version, int(size), int(fence))


def events(redis, prefix):
    found = {}
    for _, fields in redis("XRANGE", f"{prefix}events", "-", "+"):
        fields = pairs(fields)
        found.setdefault(fields["id"], []).append((fields["what"], fields.get("why", "")))
    return found


def stdout(entries):
    found = []
    for _, fields in entries:
        fields = dict(zip(fields[::2], fields[1::2]))
        if fields[b"s"] == b"1":
            found.append((int(fields[b"a"]), fields[b"t"]))
    return found


# ---- the store ----

def look_at_store(fleet, store="default"):
    if fleet.kind == "file":
        return look_at_directory(fleet.store)
    redis = fleet.connect("store")
    found = look_at_redis(redis, f"quern:store:{{{store}}}:")
    redis.close()
    return found


def look_at_directory(place):
    objects = {path.name: "sha256-" + hashlib.sha256(path.read_bytes()).hexdigest() == path.name.partition(".")[0]
               for path in (place / "objects").glob("*")}
    others = [str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()]
    return objects, [path for path in others if not path.startswith(("objects/", "homes/")) and path != "lock"]


def look_at_redis(redis, prefix):
    keys = {key.decode()[len(prefix):] for key in redis("KEYS", prefix.replace("{", "[{]").replace("}", "[}]") + "*")}
    objects, wanted, used = {}, {"objects", "used", "homes", "conf"}, 0
    for version in texts(redis("ZRANGE", f"{prefix}objects", 0, -1)):
        manifest = pairs(redis("HGETALL", f"{prefix}object:{version}"))
        size, chunk = int(manifest["bytes"]), int(manifest["chunk"])
        chunks = [f"chunk:{manifest['upload']}:{i}" for i in range(-(-size // chunk))]
        digest = hashlib.sha256()
        for key in chunks:
            digest.update(redis("GET", prefix + key) or b"")
        objects[version] = "sha256-" + digest.hexdigest() == version.partition(".")[0]
        wanted |= {f"object:{version}", *chunks}
        used += size
    said = int(redis("GET", f"{prefix}used") or 0)
    return objects, sorted(keys - wanted) + ([f"used: {said}, expected {used}"] if said != used else [])


def make_older(fleet, seconds=3600):
    """As if so much time had passed since anything in the store was touched."""
    if fleet.kind == "file":
        for path in (fleet.store).rglob("*"):
            status = path.stat()
            os.utime(path, (status.st_atime - seconds, status.st_mtime - seconds))
        return
    redis = fleet.connect("store")
    for index in ("objects", "uploads", "attempts"):
        for member in redis("ZRANGE", f"quern:store:{{default}}:{index}", 0, -1):
            redis("ZINCRBY", f"quern:store:{{default}}:{index}", -seconds * 1000, member)
    redis.close()
