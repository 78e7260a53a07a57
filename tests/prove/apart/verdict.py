# SPDX-License-Identifier: Apache-2.0
"""Nothing lost, nothing twice: what is wrong with the data of a fleet at its end, as a list of sentences.

    faults = verdict(jobs, view)                 all jobs have ended
    faults = collected(view)                     after a collection of a store in which all is old
"""
import collections
import json
import re

NONCE = re.compile(rb"nonce_[0-9a-f]{16}")
OWN = ("job.json", "stderr.txt", "stdout.txt", "visualization.json")
NEWS = {"waiting": {"claim": "running", "end": "over"},
        "running": {"progress": "running", "lost": "lost", "retry": "waiting", "release": "waiting", "end": "over"},
        "lost": {"claim": "running", "retry": "waiting", "end": "over"}, "over": {}}
HARMLESS_KEYS = re.compile(r"conf|names|numbers|number|seq|fence|ticked|grace|stats|wake|events|workers|worker_info|"
                           r"worker_drain|done|dead|cancelled|(spent|done):[0-9a-f]+")


def verdict(jobs, view):
    faults = []
    for check in (nothing_lost, ends, told_alike, once, names, shared_names, fetched, one_attempt, inputs, in_time, counters,
                  nothing_open):
        faults += [f"{check.__name__}: {fault}" for fault in check(jobs, view)]
    return faults


# ---- each job has the end that it must have ----

def nothing_lost(jobs, view):
    """Every submitted job is there, nothing else is, each in the one index of its state."""
    submitted = {job.id for job in jobs}
    yield from (f"{id} is not there" for id in sorted(submitted - view.fields.keys()))
    yield from (f"{id} was not submitted" for id in sorted(view.fields.keys() - submitted))
    places = collections.defaultdict(list)
    for state, ids in view.indexes.items():
        for id in ids:
            places[id].append(state)
    for id, fields in view.fields.items():
        if places[id] != [fields.get("st")]:
            yield f"{id} is {fields.get('st')}, in the indexes {places[id]}"
    yield from (f"{id} is in index {places[id]} and nowhere else" for id in places.keys() - view.fields.keys())
    yield from (f"{id} is in numbers or the jobs alone" for id in view.numbers ^ view.fields.keys())


def ends(jobs, view):
    for job, fields in present(jobs, view):
        end = fields.get("st"), fields.get("why") or None
        if end not in job.ends:
            yield f"{job.id}: expected {list(job.ends)}, found {end}: {fields.get('text', '')}"
        if end[1] == "poison" and int(fields.get("crash", 0)) <= int(fields["maxcrash"]):
            yield f"{job.id}: poison after {fields.get('crash', 0)} crashes"
        if job.retries is not None and end[1] != "poison" and int(fields.get("retries", 0)) != job.retries:
            yield f"{job.id}: expected {job.retries} retries, found {fields.get('retries', 0)}"


def told_alike(jobs, view):
    """`inspect`, the queue's record of the result and job.json say the same."""
    for job, fields in present(jobs, view):
        record = view.records[job.id]
        found = record["state"], record["reason"], record["attempts"], record["crashes"]
        kept = fields.get("st"), fields.get("why") or None, int(fields.get("att", 0)), int(fields.get("crash", 0))
        if found != kept:
            yield f"{job.id}: inspect says {found}, the queue {kept}"
        if has_manifest(view, job) and ended_by_attempt(fields):
            if view.records[job.id]["result"] != manifest(view, job):
                yield f"{job.id}: inspect has another result than job.json"
            if manifest(view, job)["state"] != fields.get("st") and fields.get("st") != "cancelled":
                yield f"{job.id} is {fields.get('st')}, its job.json says {manifest(view, job)['state']}"


def once(jobs, view):
    """The queue's news of each job: attempts one after the other, one end, nothing behind it."""
    for job, fields in present(jobs, view):
        state, claims = "waiting", 0
        for what, _ in view.events.get(job.id, []):
            if what in ("claim", "release"):
                claims += 1 if what == "claim" else -1
            if what != "submit" and what not in NEWS[state]:
                yield f"{job.id}: {what} while it was {state}"
            state = NEWS[state].get(what, state)
        if state != "over":
            yield f"{job.id}: no end was told"
        if claims != int(fields.get("att", 0)):
            yield f"{job.id}: {fields.get('att', 0)} attempts, {claims} claims that counted"


# ---- one attempt is published ----

def names(jobs, view):
    """The names of a job are those of the attempt that ended it, and the manifest says the same."""
    for job, fields in present(jobs, view):
        own = {key: name for key, name in view.names.items() if key.startswith(f"job:{job.id}/")}
        if fields.get("st") == "succeeded":
            expected = {f"job:{job.id}/{port}" for port in (*OWN, *job.ports)}
            if own.keys() != expected:
                yield f"{job.id}: expected the names {sorted(expected)}, found {sorted(own)}"
        yield from fences(job, fields, own)
        yield from outputs(job, fields, view, own)
        if job.key and not job.shared:
            yield from user_names(job, fields, view, own)


def fences(job, fields, own):
    last = re.fullmatch(r"(\w+) (\d+)-[0-9a-f]+", fields.get("last", ""))
    for key, name in own.items():
        if not last:
            yield f"{key} is there, though no attempt at {job.id} has ended"
        elif last[1] in ("complete", "fail") and name.fence != int(last[2]):
            yield f"{key} is of the attempt {name.fence}, {job.id} was ended by {last[2]}"


def outputs(job, fields, view, own):
    """What the manifest lists is what is named."""
    if fields.get("st") != "succeeded" or not has_manifest(view, job):
        return
    listed = {output["port"].replace("visualization", "visualization.png"): output["version"]
              for output in manifest(view, job)["outputs"]}
    named = {port: own[f"job:{job.id}/{port}"].version for port in job.ports if f"job:{job.id}/{port}" in own}
    if listed != named:
        yield f"{job.id}: the manifest has {listed}, the names are {named}"


def user_names(job, fields, view, own):
    """Those of -o: all, and the same versions, when it succeeded; else none."""
    keys = {job.key if port == "dataset1" else f"{job.key}/{port}": own.get(f"job:{job.id}/{port}") for port in job.ports}
    expected = keys if fields.get("st") == "succeeded" else {}
    found = {key: name for key, name in view.names.items() if key == job.key or key.startswith(f"{job.key}/")}
    if found != expected:
        yield f"{job.id}, {fields.get('st')}: expected the names {expected}, found {found}"


def shared_names(jobs, view):
    """A key that many jobs give belongs to the latest attempt that completed."""
    holders = collections.defaultdict(dict)
    for job, fields in present(jobs, view):
        if job.shared and fields.get("st") == "succeeded":
            holders[job.key][int(fields["last"].split()[1].split("-")[0])] = f"job:{job.id}/dataset1"
    for key, by_fence in holders.items():
        expected, found = view.names.get(by_fence[max(by_fence)]), view.names.get(key)
        if not found or found != expected:
            yield f"{key}: expected {expected}, found {found}"


def fetched(jobs, view):
    """Every name's object is whole, and `result` gave exactly the named bytes."""
    for key, name in view.names.items():
        if not view.objects.get(name.version):
            yield f"{key}: {name.version} is {'damaged' if name.version in view.objects else 'not in the store'}"
    for job, _ in present(jobs, view):
        if job.id not in view.files:
            continue
        code, words = view.results[job.id]
        if (code == 0) != (view.fields[job.id].get("st") == "succeeded"):
            yield f"{job.id}: result ended with {code}: {words}"
        named = {key.split("/", 1)[1]: name.version.partition(".")[0] for key, name in view.names.items()
                 if key.startswith(f"job:{job.id}/")}
        got = {name.removesuffix(".arrow"): digest for name, (digest, _) in view.files[job.id].items()}
        if got != named:
            yield f"{job.id}: result fetched {got}, named are {named}"


def one_attempt(jobs, view):
    """All that is published carries the nonce of one attempt."""
    for job, fields in present(jobs, view):
        if fields.get("st") != "succeeded" or job.script == "empty":
            continue
        files = view.files.get(job.id, {})
        own = nonces(files, "stdout.txt")
        if len(own) != 1:
            yield f"{job.id}: stdout.txt has the nonces {own}"
        for port in job.ports:
            name = "visualization.json" if port == "visualization.png" else f"{port}.arrow"
            if nonces(files, name) != own:
                yield f"{job.id}: {name} is of {nonces(files, name)}, stdout.txt of {own}"


def nonces(files, name):
    """Its own; those of what it read stand behind "from" in the output."""
    return set(NONCE.findall(files.get(name, ("", b""))[1].split(b"\nfrom ")[0]))


def inputs(jobs, view):
    """An attempt read the versions that were pinned, or what its source had published."""
    published = {job.id: view.files.get(job.id, {}).get("stdout.txt", ("", b""))[1] for job in jobs}
    for job, fields in present(jobs, view):
        if fields.get("st") != "succeeded" or not has_manifest(view, job):
            continue
        pinned = [one.get("version") for one in view.records[job.id]["document"]["inputs"]]
        read = [one["version"] for one in manifest(view, job)["inputs"]]
        if job.source:
            pinned = [view.names[f"job:{job.source}/dataset1"].version]
            if NONCE.findall(published[job.source])[:1] != NONCE.findall(published[job.id].split(b"\nfrom ")[-1]):
                yield f"{job.id}: it read what {job.source} has not published"
        if read != pinned:
            yield f"{job.id}: read {read}, expected {pinned}"


# ---- the whole ----

def in_time(jobs, view):
    """No job begins before its time, nor before those it waits for have ended."""
    for job, fields in present(jobs, view):
        start = int(fields.get("start", 0))
        if not start:
            continue
        if start < int(fields["sub"]) + 1000 * job.delay:
            yield f"{job.id}: began {start - int(fields['sub'])} ms after it was submitted"
        for other in job.waits:
            if start < int(view.fields.get(other, {}).get("end", 0)):
                yield f"{job.id} began before {other} ended"


def counters(jobs, view):
    """The queue's counters are the sums over its jobs; `queue ls` tells the same."""
    sums = collections.Counter(submitted=len(jobs))
    for fields in view.fields.values():
        sums[fields.get("st")] += 1
        for name, field in (("lost", "crash"), ("infra", "infra"), ("retries", "retries")):
            sums[name] += int(fields.get(field, 0))
    for name in ("submitted", "succeeded", "failed", "cancelled", "lost", "infra", "retries"):
        if view.stats.get(name, 0) != sums[name]:
            yield f"{name}: the queue counted {view.stats.get(name, 0)}, the jobs say {sums[name]}"
    for state in view.indexes:
        if view.counts[state] != sums[state]:
            yield f"queue ls: {view.counts[state]} {state}, expected {sums[state]}"


def nothing_open(_, view):
    """No claim, edge, unique key or list of what is to be told is left."""
    yield from (f"{key} is left" for key in sorted(view.keys) if not HARMLESS_KEYS.fullmatch(key))
    yield from (f"{id} still has {field}" for id, fields in view.fields.items() for field in ("tok", "own", "cancel")
                if field in fields)


def collected(view):
    """After a collection: the store has what is named or pinned, and nothing else."""
    wanted = {name.version for name in view.names.values()}
    for record in view.records.values():
        sources = [record["document"]["script"], *record["document"]["inputs"]]
        wanted |= {source["version"] for source in sources if source.get("version")}
    faults = [f"collected: {version} is wanted and gone" for version in sorted(wanted - view.objects.keys())]
    faults += [f"collected: {version} is left, nobody wants it" for version in sorted(view.objects.keys() - wanted)]
    return faults + [f"collected: {entry} is left in the store" for entry in view.rest]


def present(jobs, view):
    return [(job, view.fields[job.id]) for job in jobs if job.id in view.fields]


def has_manifest(view, job):
    return "job.json" in view.files.get(job.id, {})


def manifest(view, job):
    return json.loads(view.files[job.id]["job.json"][1])


def ended_by_attempt(fields):
    """Not by a host that was lost, nor while it waited."""
    return fields.get("last", "").startswith(("complete ", "fail "))
