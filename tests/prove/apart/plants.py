# SPDX-License-Identifier: Apache-2.0
"""The verdict tried: faults are planted, each on a copy of sound data, and each has to be found."""
import copy
import json
import secrets

from mix import Job
from verdict import collected, verdict
from view import Name, look

ELSE = "sha256-" + "0" * 64


def first(jobs, view, kind):
    return next(job.id for job in jobs if job.kind == kind and job.id in view.fields)


def lose(jobs, view):
    """A job's key is gone."""
    del view.fields[first(jobs, view, "prints")]
    return "is not there"


def lose_whole(jobs, view):
    """A job is gone without a trace."""
    id = first(jobs, view, "prints")
    del view.fields[id], view.events[id]
    view.numbers.discard(id)
    view.indexes["succeeded"].remove(id)
    view.names = {key: name for key, name in view.names.items() if not key.startswith(f"job:{id}/")}
    return "is not there"


def double(jobs, view):
    """A job stands in two indexes."""
    view.indexes["queued"].append(first(jobs, view, "table"))
    return "in the indexes"


def strange(jobs, view):
    """A job that nobody submitted."""
    view.fields["ghost"] = dict(view.fields[first(jobs, view, "prints")])
    view.records["ghost"] = view.records[first(jobs, view, "prints")]
    return "was not submitted"


def wrong_end(jobs, view):
    """A job that should fail has succeeded."""
    view.fields[first(jobs, view, "exits")].update(st="succeeded", why="")
    return "expected [('failed', 'exit:3')]"


def unended(jobs, view):
    """A job still runs."""
    id = first(jobs, view, "prints")
    view.indexes["succeeded"].remove(id)
    view.indexes["running"].append(id)
    view.fields[id].update(st="running", tok="1-a")
    return "still has tok"


def ended_twice(jobs, view):
    """News of a second end."""
    view.events[first(jobs, view, "table")].append(("end", ""))
    return "end while it was over"


def run_again(jobs, view):
    """It was claimed after its end."""
    view.events[first(jobs, view, "table")].append(("claim", ""))
    return "claim while it was over"


def renamed(jobs, view):
    """A name points at another version."""
    view.names[f"out/{first(jobs, view, 'table')}"].version = ELSE
    return "not in the store"


def fenced(jobs, view):
    """A name is of an attempt that lost its lease."""
    view.names[f"job:{first(jobs, view, 'table')}/dataset1"].fence -= 1
    return "is of the attempt"


def unnamed(jobs, view):
    """A name is missing."""
    del view.names[f"job:{first(jobs, view, 'table')}/stdout.txt"]
    return "expected the names"


def named_by_failed(jobs, view):
    """A job that failed has set its user's name."""
    view.names[f"out/{first(jobs, view, 'exits')}"] = Name(ELSE, 1, 1)
    return "failed: expected the names {}"


def listed(jobs, view):
    """The manifest lists another version than the one that is named."""
    id = first(jobs, view, "table")
    digest, content = view.files[id]["job.json"]
    version = json.loads(content)["outputs"][0]["version"]
    view.files[id]["job.json"] = digest, content.replace(version.encode(), ELSE.encode())
    return "the manifest has"


def of_two_attempts(jobs, view):
    """The output is of one attempt, the dataset of another."""
    id = first(jobs, view, "table")
    digest, _ = view.files[id]["stdout.txt"]
    view.files[id]["stdout.txt"] = digest, b"nonce_0123456789abcdef\n"
    return "stdout.txt of"


def read_another(jobs, view):
    """A job of a chain read what its source had not published."""
    id = first(jobs, view, "chain-2")
    digest, content = view.files[id]["stdout.txt"]
    view.files[id]["stdout.txt"] = digest, content.split(b"\nfrom ")[0] + b"\nfrom nonce_0123456789abcdef\n"
    return "has not published"


def too_early(jobs, view):
    """It began before the one it waits for had ended."""
    view.fields[first(jobs, view, "chain-2")]["start"] = view.fields[first(jobs, view, "chain-1")]["sub"]
    return "before chain-1"


def damaged(jobs, view):
    """An object has other bytes than its name says."""
    view.objects[view.names[f"job:{first(jobs, view, 'table')}/dataset1"].version] = False
    return "damaged"


def miscounted(jobs, view):
    """A counter is one too high."""
    view.stats["succeeded"] += 1
    return "the queue counted"


def left_open(jobs, view):
    """A claim that nobody holds."""
    view.keys.add("claims")
    return "claims is left"


PLANTS = (lose, lose_whole, double, strange, wrong_end, unended, ended_twice, run_again, renamed, fenced, unnamed,
          named_by_failed, listed, of_two_attempts, read_another, too_early, damaged, miscounted, left_open)


def litter(view):
    """An object that nobody wants stays after a collection."""
    view.objects[ELSE] = True
    return "nobody wants it"


def overcollected(view):
    """A collection took what is named."""
    del view.objects[next(iter(view.names.values())).version]
    return "is wanted and gone"


def try_all(jobs, view):
    """The names of the plants that were found; AssertionError where one was not. The view itself is sound."""
    found = []
    for plant in (*PLANTS, litter, overcollected):
        changed = copy.deepcopy(view)
        after = plant in (litter, overcollected)
        expected = plant(changed) if after else plant(jobs, changed)
        faults = collected(changed) if after else verdict(jobs, changed)
        assert any(expected in fault for fault in faults), f"{plant.__doc__} Expected '{expected}', found {faults}"
        found.append(plant.__name__)
    return found


# ---- a queue whose fence does not hold ----

UNFENCED = "unfenced"


def without_a_fence(fleet, code):
    """In a queue of its own: a job is lost, claimed again and completed; then its first attempt completes it, too, by a script
    in which nobody asks for the token. The verdict has to say so."""
    store = f"{fleet.store_url}?prefix={UNFENCED}" if fleet.kind == "redis" else f"{fleet.store_url}-{UNFENCED}"
    fleet.says("queue", "home", UNFENCED, "--store", store)
    script = fleet.directory / "unfenced.py"
    script.write_text("def azureml_main(): pass\n")
    job = Job(fleet.says("submit", script, "-q", UNFENCED).strip(), "unfenced", "empty", [])
    redis = fleet.connect()
    complete_twice(redis, code, job.id)
    redis.close()
    faults = verdict([job], look(fleet, UNFENCED, UNFENCED))
    assert f"once: {job.id}: end while it was over" in faults, faults
    assert "counters: succeeded: the queue counted 2, the jobs say 1" in faults, faults
    fleet.forget(UNFENCED)


def complete_twice(redis, code, id):
    def run(text, *args):
        return redis.script(text, f"quern:{{{UNFENCED}}}", *args)

    def claim():
        return run(code["claim"], "host", secrets.token_hex(16), 60000, 0)[2]

    def complete(text, token):
        return run(text, id, token, "{}", f"job:{id}/job.json", ELSE, 2)

    early = claim()
    assert run(code["lost_claim"], early.decode().split("-")[1])[1] == b"queued"
    late = claim()
    assert complete(code["complete"], late) == [b"OK", b"succeeded"]
    assert complete(code["complete"], early) == [b"FENCED"]
    broken = code["complete"].replace(b"if refusal then return refusal end", b"")
    assert complete(broken, early) == [b"OK", b"succeeded"]
