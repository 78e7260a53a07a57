# SPDX-License-Identifier: Apache-2.0
"""What schemas/queue.md says about transitions, in plain Python: the oracle of tests/module/test_queue_model.py.

One method per transition with the arguments of the script; returns what the script must answer. Times are ms. Written
from the document, with lists and dicts where Redis has sorted sets, so that a slip in one is not repeated in the other.
"""
import collections
import math

TERMINAL = ("succeeded", "failed", "cancelled")
OLDEST_TICK_MS = 3000  # or two thirds of a shorter lease


class Job:
    def __init__(self, id, number, request):
        self.id, self.number, self.request = id, number, request
        self.prio = request["prio"]
        self.state = None
        self.place = None  # (priority, order) in the line of ready jobs
        self.due = self.expiry = self.end = 0
        self.deps = request["deps"]
        self.pending = 0
        self.token = self.last = None
        self.cancel = False
        self.why = ""
        self.attempts = self.retries = self.crashes = self.infra = self.outrun = 0


class Model:
    def __init__(self, now, settings):
        self.now, self.settings = now, settings
        self.jobs, self.edges, self.todo, self.claims, self.unique = {}, {}, [], {}, {}
        self.heirs = {}  # of a job, forgotten or not: the unended ones that waited for it
        self.number = self.order = self.fence = 0
        self.paused = False
        self.width = None
        self.ticked, self.grace = None, 0
        self.names = {}  # key → (version, fence, when it changed)
        self.spent = set()
        self.stats = collections.Counter()

    # ---- views ----
    def of(self, *states):
        return [job for job in self.jobs.values() if job.state in states]

    def line(self):
        return sorted(self.of("queued"), key=lambda job: job.place)

    def full(self):
        return len(self.of("queued", "delayed", "blocked")) >= self.settings["maxq"]

    # ---- moves ----
    def ready(self, job, place=None):
        if place is None:
            self.order += 1
            place = (job.prio, self.order)
        job.state, job.place = "queued", place
        return job.state

    def delay(self, job, due):
        job.state, job.due = "delayed", due
        return job.state

    def wait(self, job):
        return self.delay(job, job.due) if job.due > self.now else self.ready(job)

    def leave(self, job, op):
        del self.claims[job.token.split("-")[1]]
        job.last, job.token = (op, job.token), None

    def finish(self, job, state, why=""):
        job.state, job.why, job.end, job.cancel = state, why, self.now, False
        self.stats[state] += 1
        key = job.request["unique"]
        if self.unique.get(key) == job.id:
            del self.unique[key]
        self.disinherit(job)
        if self.edges.get(job.id):
            self.todo.append(job.id)
        return state

    def miss(self, job, policy, dep):
        return self.finish(job, "cancelled" if policy == "notok" else "failed", f"dependency:{dep}")

    def forget(self, id):
        del self.jobs[id]
        self.drop_unwanted_names(id)

    # ---- heirs ----
    def inherit(self, job):
        for _, dep in job.deps:
            self.heirs.setdefault(dep, set()).add(job.id)

    def disinherit(self, job):
        for dep in {dep for _, dep in job.deps if job.id in self.heirs.get(dep, ())}:
            self.heirs[dep].remove(job.id)
            self.drop_unwanted_names(dep)

    def drop_unwanted_names(self, id):
        if id not in self.jobs and not self.heirs.get(id):
            self.drop_names(id)

    # ---- names ----
    def drop_names(self, id):
        self.names = {key: value for key, value in self.names.items() if not key.startswith(f"job:{id}/")}

    def publish(self, job, token, names):
        fence = int(token.split("-")[0])
        self.drop_names(job.id)
        for key, version in names:
            if key in self.names and self.names[key][1] > fence:
                job.outrun += 1
            else:
                self.names[key] = (version, fence, self.now)

    def promote(self, names):
        for key, version in names:
            self.names[key] = (version, self.names.get(key, (None, 0))[1], self.now)
        return ["OK"]

    def remove_names(self, keys):
        for place, key in enumerate(keys):
            if key not in self.names:
                return ["NO_NAME", place]
        for key in keys:
            self.names.pop(key, None)
        return ["OK"]

    def name(self, key):
        return ["OK", self.names[key][0]] if key in self.names else ["NO_NAME"]

    def list_names(self, prefix, after, count):
        keys = sorted(key for key in self.names if key.startswith(prefix) and key > after)[:count]
        return [part for key in keys for part in (key, self.names[key][0], "7", str(self.names[key][2]))]

    # ---- dependencies ----
    @staticmethod
    def satisfied(policy, state):
        return {"any": True, "ok": state == "succeeded", "notok": state != "succeeded"}[policy]

    def weigh(self, id, deps):
        """Edges that hold back, the first that cannot be satisfied, the first job that is not there."""
        live, missed = [], None
        for policy, dep in deps:
            if dep == id or dep not in self.jobs:
                return None, None, dep
            state = self.jobs[dep].state
            if state not in TERMINAL:
                live += [(policy, dep)] if (policy, dep) not in live else []
            elif not self.satisfied(policy, state):
                missed = missed or (policy, dep)
        return live, missed, None

    def block(self, job, live):
        job.state, job.pending = "blocked", len(live)
        for policy, dep in live:
            self.edges.setdefault(dep, []).append((job.number, f"{policy}:{job.id}"))
        return job.state

    def forget_edges(self, job):
        for policy, dep in job.deps:
            kept = [edge for edge in self.edges.get(dep, []) if edge[1] != f"{policy}:{job.id}"]
            self.edges[dep] = kept

    def tell(self, edge, dep):
        policy, id = edge.split(":")
        job = self.jobs.get(id)
        if not job or job.state != "blocked":
            return
        if not self.satisfied(policy, self.jobs[dep].state):
            self.forget_edges(job)
            self.miss(job, policy, dep)
            return
        job.pending -= 1
        if job.pending == 0:
            self.wait(job)

    def drain(self, budget):
        told = 0
        while told < budget and self.todo:
            dep = self.todo[0]
            begun_anew = dep in self.jobs and self.jobs[dep].state not in TERMINAL
            edges = [] if begun_anew else sorted(self.edges.get(dep, []))[: min(budget - told, 16)]
            if not edges:
                self.todo.pop(0)
                told += 1
            self.edges[dep] = [edge for edge in self.edges.get(dep, []) if edge not in edges]
            for _, edge in edges:
                self.tell(edge, dep)
            told += len(edges)
        return told

    def untold(self, id):
        if self.edges.get(id):
            self.drain(64)
        return bool(self.edges.get(id))

    # ---- failures ----
    def later(self, job, token, times):
        request = job.request
        delay = min(request["cap"], request["base"] * 2 ** (times - 1))
        dice = int(token.split("-")[1][:6], 16) / 0xFFFFFF
        return self.delay(job, self.now + max(math.floor(delay * (1 + dice) / 2), 1))

    def retry_later(self, job, token, counter):
        times = getattr(job, counter) + 1
        setattr(job, counter, times)
        self.stats[counter] += 1
        return self.later(job, token, times)

    @staticmethod
    def rule(rules, why):
        return any(why == rule or why.startswith(rule + ":") for rule in rules)

    def lose(self, job):
        token = job.token
        self.leave(job, "lost")
        if job.cancel:
            return self.finish(job, "cancelled", "cancelled")
        job.crashes += 1
        job.why = "lost"
        self.stats["lost"] += 1
        if job.crashes <= job.request["crashes"]:
            return self.ready(job, job.place) if job.crashes == 1 else self.later(job, token, job.crashes - 1)
        if self.rule(job.request["rules"], "lost") and job.retries < job.request["retries"]:
            return self.retry_later(job, token, "retries")
        return self.finish(job, "failed", "poison")

    def owner(self, id, token, op):
        """The job, or the answer for somebody who does not own it."""
        job = self.jobs.get(id)
        if job and job.state == "running" and job.token == token:
            return job, None
        if job and job.last == (op, token):
            return None, ["OK", job.state]
        self.stats[f"fenced_{op}"] += 1
        return None, ["FENCED"]

    # ---- transitions ----
    def submit(self, id, request):
        known = self.jobs.get(id)
        if known:
            same = known.request == request
            return ["OK", str(known.number), known.state] if same else ["DUPLICATE", id]
        if request["unique"] in self.unique:
            return ["DUPLICATE", self.unique[request["unique"]]]
        if self.full():
            return ["FULL"]
        live, missed, absent = self.weigh(id, request["deps"])
        if absent:
            return ["NO_DEPENDENCY", absent]
        self.number += 1
        self.stats["submitted"] += 1
        job = self.jobs[id] = Job(id, self.number, request)
        job.due = self.now + request["delay"]
        if request["unique"]:
            self.unique[request["unique"]] = id
        self.inherit(job)
        if missed:
            self.miss(job, *missed)
        elif live:
            self.block(job, live)
        else:
            self.wait(job)
        return ["OK", str(job.number), job.state]

    def claim(self, nonce, lease):
        if nonce in self.claims:
            job = self.jobs[self.claims[nonce]]
            return ["OK", job.id, job.token]
        if nonce in self.spent:
            return ["NONE", "spent"]
        if self.paused:
            return ["NONE", "paused"]
        if self.width and len(self.of("running")) >= self.width:
            return ["NONE", "width"]
        line = self.line()
        if not line:
            return ["NONE", "empty"]
        job = line[0]
        self.fence = max(self.now * 1000, self.fence + 1)
        job.state, job.token, job.expiry = "running", f"{self.fence}-{nonce}", self.now + lease
        job.attempts += 1
        self.claims[nonce] = job.id
        return ["OK", job.id, job.token]

    def renew(self, id, token, lease):
        job = self.jobs.get(id)
        if not job or job.state != "running" or job.token != token:
            return ["OK", "LOST"]
        job.expiry = self.now + lease
        return ["OK", "CANCEL" if job.cancel else "OK"]

    def complete(self, id, token, names=()):
        job, refusal = self.owner(id, token, "complete")
        if refusal:
            return refusal
        self.leave(job, "complete")
        self.publish(job, token, names)
        self.finish(job, "succeeded")
        self.drain(16)
        return ["OK", "succeeded"]

    def fail(self, id, token, why, infra, names=()):
        job, refusal = self.owner(id, token, "fail")
        if refusal:
            return refusal
        self.leave(job, "fail")
        self.publish(job, token, names)
        state = self.fate(job, token, why, infra)
        self.drain(16)
        return ["OK", state]

    def fate(self, job, token, why, infra):
        if job.cancel:
            return self.finish(job, "cancelled", "cancelled")
        if infra and job.infra < self.settings["maxinfra"]:
            job.why = why
            return self.retry_later(job, token, "infra")
        if not infra and self.rule(job.request["rules"], why) and job.retries < job.request["retries"]:
            job.why = why
            return self.retry_later(job, token, "retries")
        return self.finish(job, "failed", why)

    def lost(self, id, token):
        job, refusal = self.owner(id, token, "lost")
        if refusal:
            return refusal
        state = self.lose(job)
        self.drain(16)
        return ["OK", state]

    def lost_claim(self, nonce):
        self.spent.add(nonce)
        if nonce not in self.claims:
            return ["NONE"]
        job = self.jobs[self.claims[nonce]]
        state = self.lose(job)
        self.drain(16)
        return ["OK", state, job.id]

    def release(self, id, token):
        job, refusal = self.owner(id, token, "release")
        if refusal:
            return refusal
        self.leave(job, "release")
        job.attempts -= 1
        if not job.cancel:
            return ["OK", self.ready(job, job.place)]
        self.finish(job, "cancelled", "cancelled")
        self.drain(16)
        return ["OK", "cancelled"]

    def cancel(self, id):
        job = self.jobs.get(id)
        if not job:
            return ["NO_JOB"]
        if job.state == "running":
            job.cancel = True
        elif job.state not in TERMINAL:
            if job.state == "blocked":
                self.forget_edges(job)
            self.finish(job, "cancelled", "cancelled")
            self.drain(16)
        return ["OK", job.state]

    def retry(self, id):
        job = self.jobs.get(id)
        if not job:
            return ["NO_JOB"]
        if job.state not in ("failed", "cancelled"):
            return ["STATE", job.state]
        if self.untold(id):
            return ["BUSY"]
        holder = self.unique.get(job.request["unique"])
        if holder and holder != id:
            return ["DUPLICATE", holder]
        if self.full():
            return ["FULL"]
        live, missed, absent = self.weigh(id, job.deps)
        if absent or missed:
            return ["NO_DEPENDENCY", absent or missed[1]]
        job.why, job.last, job.due = "", None, 0
        job.retries = job.crashes = job.infra = 0
        self.stats["replayed"] += 1
        self.drop_names(id)
        if job.request["unique"]:
            self.unique[job.request["unique"]] = id
        self.inherit(job)
        return ["OK", self.block(job, live) if live else self.ready(job)]

    def remove(self, id):
        job = self.jobs.get(id)
        if not job:
            return ["NO_JOB"]
        if job.state not in TERMINAL:
            return ["STATE", job.state]
        if self.untold(id):
            return ["BUSY"]
        self.forget(id)
        return ["OK"]

    def prioritise(self, id, prio):
        job = self.jobs.get(id)
        if not job:
            return ["NO_JOB"]
        if job.state in TERMINAL:
            return ["STATE", job.state]
        if job.prio != prio:
            job.prio, job.place = prio, None
            if job.state == "queued":
                self.ready(job)
        return ["OK", job.state]

    # ---- time ----
    def tick(self, budget, lease):
        due = sorted((job.due, job.id) for job in self.of("delayed") if job.due <= self.now)[:budget]
        for _, id in due:
            self.ready(self.jobs[id])
        expired = self.expire(budget, lease)
        told = self.drain(budget)
        dead = (self.settings["dead_ms"], self.settings["dead_most"])
        purged = self.retain("succeeded", self.settings["done_ms"], self.settings["done_most"], budget)
        purged += self.retain("failed", *dead, budget) + self.retain("cancelled", *dead, budget)
        return ["OK", len(due), expired, told, purged]

    def expire(self, budget, lease):
        last, self.ticked = self.ticked if self.ticked is not None else self.now, self.now
        if self.now - last > min(OLDEST_TICK_MS, lease * 2 / 3) and self.now >= self.grace + lease:
            self.grace = self.now + lease
        if self.now < self.grace:
            return 0
        over = sorted((job.expiry, job.id) for job in self.of("running") if job.expiry <= self.now)[:budget]
        for _, id in over:
            self.lose(self.jobs[id])
        return len(over)

    def purge(self, state, older, budget):
        self.drain(budget)
        ended = sorted((job.end, job.id) for job in self.of(state) if job.end <= self.now - older)[:budget]
        gone = [id for _, id in ended if not self.edges.get(id)]
        for id in gone:
            self.forget(id)
        return ["OK", len(gone)]

    def retain(self, state, age, most, budget):
        ended = sorted((job.end, job.id) for job in self.of(state))
        old = [id for end, id in ended if end <= self.now - age][:budget]
        beyond = min(len(ended) - most, budget)
        if beyond > len(old):
            old = [id for _, id in ended[:beyond]]
        gone = [id for id in old if not self.edges.get(id)]
        for id in gone:
            self.forget(id)
        return len(gone)
