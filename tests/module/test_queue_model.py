# SPDX-License-Identifier: Apache-2.0
"""Random transitions by many clients, zombies among them, on a real Redis, beside the model of tests/oracles.

After every step the whole of Redis must be what the model says: every job in exactly one index, in its place, with its
counters and its token, every name at its version and fence, and no key that nobody needs. A failing run is shrunk before it is reported. QUERN_MODEL_SEEDS,
QUERN_MODEL_STEPS and QUERN_SEED ask for more than the usual.
"""
import copy
import os
import pathlib
import random
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "redis"))

import embed  # noqa: E402
import queue_model  # noqa: E402
from fleet import Redis, RedisError, Server  # noqa: E402

P = "quern:{q}"
EPOCH_MS = 1700000000000
LEASE_MS = 4000
SETTINGS = {"maxq": 24, "maxinfra": 2, "done_ms": 30000, "done_most": 6, "dead_ms": 40000, "dead_most": 6}
IDS = [f"j{i}" for i in range(120)]
FANS = [f"f{i}" for i in range(60)]  # of jobs that wait for one and the same
TAKES_MEMORY = ("submit", "fan", "retry", "promote")  # all else goes on when Redis is full
KEYS = ["a", "a/b", "a0", "data.csv", "data.csv/dataset2"]
REASONS = ["exit:75", "exit:1", "limit:memory", "exception", "infra"]
INDEX = {"blocked": "blocked", "delayed": "delayed", "ready": "queued", "lease": "running", "done": "succeeded",
         "dead": "failed", "cancelled": "cancelled"}
SEEDS = int(os.environ.get("QUERN_MODEL_SEEDS", 12))
FIRST = int(os.environ.get("QUERN_SEED", 0))
STEPS = int(os.environ.get("QUERN_MODEL_STEPS", 500))


class Difference(AssertionError):
    pass


def scripts():
    clock = ROOT / "tests/fixtures/queue/clock.lua"
    lua = ROOT / "queue/lua"
    return {name: embed.script(clock, lua, name) for _, name in embed.names(ROOT / "queue/scripts.def")}


def words(reply):
    return [part.decode() if isinstance(part, bytes) else part for part in reply]


class Run:
    """One queue from empty: do() takes a step on both sides and compares."""

    def __init__(self, redis, code):
        self.redis, self.code = redis, code
        redis("FLUSHALL")
        self.model = queue_model.Model(EPOCH_MS, SETTINGS)
        self.held = []  # (id, token) of all claims, also of those that are over
        self.full = False
        self.nonces, self.nonce = 0, "0" * 32
        self.versions = self.fans = self.calls = 0
        self.done = {}  # nonce → what was answered
        self.set_clock()
        for field, value in SETTINGS.items():
            self.call("configure", field, value)

    def set_clock(self):
        self.redis("CONFIG", "SET", "maxmemory", 0)
        self.redis("SET", f"{P}:clock", self.model.now * 1000)
        self.redis("CONFIG", "SET", "maxmemory", int(self.full))

    def call(self, name, *args):
        return words(self.redis.script(self.code[name], P, *args))

    def do(self, step):
        before = copy.deepcopy(self.model) if self.full and step[0] in TAKES_MEMORY else None
        try:
            getattr(self, "do_" + step[0])(*step[1:])
        except RedisError as error:
            if not before or not str(error).startswith("OOM"):
                raise
            self.model = before  # refused whole
        self.compare()

    def agree(self, expected, found):
        if found[: len(expected)] != expected:
            raise Difference(f"expected the answer {expected}, found {found}")

    def once(self, expected, name, *args):
        """A call with a nonce; when it was done, it answers the same again and does nothing."""
        self.calls += 1
        nonce = f"{self.calls:032x}"
        self.agree(expected, self.call(name, nonce, *args))
        if expected[0] == "OK":
            self.done[nonce] = expected
        if self.calls % 4 == 0 and nonce in self.done:
            self.agree(expected, self.call(name, nonce, *args))

    def holder(self, index):
        return self.held[index % len(self.held)] if self.held else ("j0", "1-00")

    # ---- steps ----
    def do_advance(self, ms):
        self.model.now += ms
        self.set_clock()

    def do_submit(self, id, request):
        expected = self.model.submit(id, request)
        deps = [f"{policy}:{dep}" for policy, dep in request["deps"]]
        self.agree(expected, self.call(
            "submit", id, "{}", request["prio"], request["delay"], 0, request["retries"], request["crashes"],
            request["base"], request["cap"], ",".join(request["rules"]), request["unique"], 0, "", *deps))

    def do_fan(self, dep, policy, width, request):
        for _ in range(width):
            self.fans = (self.fans + 1) % len(FANS)
            self.do_submit(FANS[self.fans], request | {"deps": [(policy, dep)]})

    def do_claim(self, dice, again):
        self.nonces += 0 if again else 1
        nonce = f"{(self.nonces * 0x9E3779B1) & 0xFFFFFF:06x}{self.nonces:026x}"
        expected = self.model.claim(nonce, LEASE_MS)
        self.agree(expected, self.call("claim", f"host{dice}", nonce, LEASE_MS, 0))
        self.nonce = nonce
        if expected[0] == "OK":
            self.held = [*self.held, (expected[1], expected[2])][-40:]

    def do_renew(self, index):
        id, token = self.holder(index)
        self.agree(self.model.renew(id, token, LEASE_MS), self.call("renew", LEASE_MS, id, token))

    def versioned(self, keys):
        names = []
        for key in keys:
            self.versions += 1
            names.append((key, f"v{self.versions}"))
        return names

    @staticmethod
    def spelled(names):
        return [part for key, version in names for part in (key, version, 7)]

    def do_complete(self, index, keys):
        id, token = self.holder(index)
        names = self.versioned([f"job:{id}/dataset1", f"job:{id}/log", *keys])
        self.agree(self.model.complete(id, token, names), self.call("complete", id, token, "{}", *self.spelled(names)))

    def do_fail(self, index, why):
        id, token = self.holder(index)
        infra, names = why == "infra", self.versioned([f"job:{id}/log"] if why.startswith("exit") else [])
        self.agree(self.model.fail(id, token, why, infra, names),
                   self.call("fail", id, token, why, "", "", int(infra), *self.spelled(names)))

    def do_lost_claim(self, repeat):
        nonce = self.nonce if repeat else "f" * 32
        self.agree(self.model.lost_claim(nonce), self.call("lost_claim", nonce))

    def do_promote(self, keys):
        names = self.versioned(keys)
        self.once(self.model.promote(names), "promote", *self.spelled(names))

    def do_remove_names(self, keys):
        self.once(self.model.remove_names(keys), "remove_names", *keys)

    def do_look(self, key, prefix, count):
        self.agree(self.model.name(key), self.call("name", key))
        found, after = [], ""
        while True:
            piece = self.call("names", prefix, after, count)[1:]
            self.agree(self.model.list_names(prefix, after, count), piece)
            found += piece
            if not piece:
                break
            after = piece[-4]
        self.agree(self.model.list_names(prefix, "", 10 ** 6), found)

    def do_purge(self, state, older, budget):
        self.agree(self.model.purge(state, older, budget), self.call("purge", state, older, budget))

    def do_lost(self, index):
        id, token = self.holder(index)
        self.agree(self.model.lost(id, token), self.call("lost", id, token))

    def do_release(self, index):
        id, token = self.holder(index)
        self.agree(self.model.release(id, token), self.call("release", id, token))

    def do_cancel(self, id):
        self.agree(self.model.cancel(id), self.call("cancel", id))

    def do_retry(self, id):
        self.once(self.model.retry(id), "retry", id)

    def do_remove(self, id):
        self.once(self.model.remove(id), "remove", id)

    def do_prioritise(self, id, prio):
        self.agree(self.model.prioritise(id, prio), self.call("prioritise", id, prio))

    def do_tick(self, budget):
        self.agree(self.model.tick(budget, LEASE_MS), self.call("tick", budget, LEASE_MS))

    def do_pause(self, paused):
        self.model.paused = paused
        self.agree(["OK"], self.call("pause", int(paused)))

    def do_width(self, width):
        self.model.width = width
        self.agree(["OK"], self.call("configure", "width", width or ""))

    def do_full(self, full):
        self.full = full
        self.set_clock()

    def do_forget_scripts(self):
        self.redis("SCRIPT", "FLUSH")

    def do_sweep(self):
        cursor, repaired = "0", 0
        while True:
            _, cursor, mended = self.call("sweep", cursor, 100)
            repaired += mended
            if cursor == "0":
                break
        self.agree([0], [repaired])

    # ---- the whole ----
    def compare(self):
        for what, expected, found in zip(("indexes", "jobs", "links", "keys", "stats"), self.expected(), self.found()):
            if expected != found:
                raise Difference(f"{what}:\nexpected {expected}\nfound    {found}")

    def expected(self):
        model = self.model
        indexes = {
            "ready": [job.id for job in model.line()],
            "delayed": sorted((job.due, job.id) for job in model.of("delayed")),
            "lease": sorted((job.expiry, job.id) for job in model.of("running")),
            "blocked": sorted(job.id for job in model.of("blocked")),
            "done": sorted((job.end, job.id) for job in model.of("succeeded")),
            "dead": sorted((job.end, job.id) for job in model.of("failed")),
            "cancelled": sorted((job.end, job.id) for job in model.of("cancelled")),
            "todo": model.todo,
        }
        jobs = {job.id: (job.state, job.token, job.attempts, job.retries, job.crashes, job.infra, job.cancel, job.why,
                         job.prio, job.number, job.outrun) for job in model.jobs.values()}
        keys = {f"job:{id}" for id in model.jobs} | {f"spec:{id}" for id in model.jobs}
        keys |= {f"dependents:{id}" for id, edges in model.edges.items() if edges}
        keys |= {f"unique:{key}" for key in model.unique}
        keys |= {f"heirs:{id}" for id, heirs in model.heirs.items() if heirs}
        keys |= {INDEX_OF[job.state] for job in model.jobs.values()}
        keys |= {"todo"} if model.todo else set()
        keys |= {"claims"} if model.claims else set()
        keys |= {"names"} if model.names else set()
        keys |= {f"spent:{nonce}" for nonce in model.spent} | {f"done:{nonce}" for nonce in self.done}
        links = {f"dependents:{id}": [edge for _, edge in sorted(edges)] for id, edges in model.edges.items() if edges}
        links |= {f"unique:{key}": id for key, id in model.unique.items()}
        links |= {f"heirs:{id}": sorted(heirs) for id, heirs in model.heirs.items() if heirs}
        links |= {"names": [f"{key}\0{version} 7 {fence} {changed}"
                            for key, (version, fence, changed) in sorted(model.names.items())]}
        links |= {"claims": model.claims, "numbers": sorted(model.jobs, key=lambda id: model.jobs[id].number)}
        return indexes, jobs, links, keys, {name: count for name, count in model.stats.items() if count}

    def found(self):
        names = list(INDEX)
        keys = {key.decode()[len(P) + 1 :] for key in self.redis("KEYS", f"{P}:*".replace("{", "[{]"))}
        ids = sorted(key[4:] for key in keys if key.startswith("job:"))
        fields = ("st", "tok", "att", "retries", "crash", "infra", "cancel", "why", "prio", "num", "outrun")
        replies = self.redis.pipeline(
            [("ZRANGE", f"{P}:{name}", 0, -1, "WITHSCORES") for name in names] + [("LRANGE", f"{P}:todo", 0, -1)]
            + [("HGETALL", f"{P}:stats")] + [("HMGET", f"{P}:job:{id}", *fields) for id in ids])
        indexes = {name: pairs(name, reply) for name, reply in zip(names, replies)}
        indexes["todo"] = words(replies[len(names)])
        stats = words(replies[len(names) + 1])
        jobs = {id: job_row(reply) for id, reply in zip(ids, replies[len(names) + 2 :])}
        return indexes, jobs, self.links(keys), keys - ALWAYS, {name: int(count) for name, count in zip(stats[::2], stats[1::2])}

    def links(self, keys):
        edges = sorted(key for key in keys if key.startswith("dependents:"))
        unique = sorted(key for key in keys if key.startswith("unique:"))
        heirs = sorted(key for key in keys if key.startswith("heirs:"))
        replies = self.redis.pipeline(
            [("ZRANGE", f"{P}:{key}", 0, -1) for key in edges] + [("GET", f"{P}:{key}") for key in unique]
            + [("SMEMBERS", f"{P}:{key}") for key in heirs]
            + [("ZRANGE", f"{P}:names", 0, -1), ("ZRANGE", f"{P}:numbers", 0, -1), ("HGETALL", f"{P}:claims")])
        found = {key: words(reply) for key, reply in zip(edges, replies)}
        found |= {key: reply.decode() for key, reply in zip(unique, replies[len(edges) :])}
        found |= {key: sorted(words(reply)) for key, reply in zip(heirs, replies[len(edges) + len(unique) :])}
        claims = words(replies[-1])
        return found | {"names": words(replies[-3]), "numbers": words(replies[-2]), "claims": dict(zip(claims[::2], claims[1::2]))}


INDEX_OF = {state: name for name, state in INDEX.items()}
ALWAYS = {"clock", "conf", "stats", "events", "wake", "number", "numbers", "seq", "fence", "ticked", "grace"}


def pairs(name, reply):
    members = [(int(score), member.decode()) for member, score in zip(reply[::2], reply[1::2])]
    if name == "ready":
        return [member for _, member in members]
    return sorted(member for _, member in members) if name == "blocked" else members


def job_row(reply):
    st, tok, att, retries, crash, infra, cancel, why, prio, num, outrun = reply
    text = lambda value: value.decode() if value is not None else None  # noqa: E731
    return (text(st), text(tok), int(att or 0), int(retries or 0), int(crash or 0), int(infra or 0),
            cancel is not None, text(why) or "", int(prio), int(num), int(outrun or 0))


# ---- sequences ----
def random_request(dice, near):
    deps = [(dice.choice(["ok", "ok", "any", "notok"]), IDS[(near - min(dice.randrange(16), dice.randrange(1, 4))) % len(IDS)])
            for _ in range(dice.choice([0, 0, 0, 0, 1, 1, 3, 4]))]
    return {"prio": dice.randrange(3), "delay": dice.choice([0, 0, 0, 300]), "retries": dice.randrange(3),
            "crashes": dice.randrange(3), "base": 200, "cap": 500, "deps": deps,
            "rules": dice.choice([[], ["exit:75"], ["exit", "limit"], ["lost", "exception"]]),
            "unique": dice.choice(["", "", "u1", "u2"])}


def random_step(dice, now):
    """Mostly about the jobs of the last steps: `now` counts them, and ids come round again and again."""
    kind = dice.choices(
        ["submit", "claim", "renew", "complete", "fail", "lost", "release", "cancel", "retry", "remove", "prioritise",
         "tick", "advance", "pause", "width", "forget_scripts", "sweep", "lost_claim", "promote", "remove_names", "look",
         "purge", "full", "fan"],
        [24, 20, 6, 12, 9, 4, 3, 4, 5, 3, 3, 12, 12, 1, 1, 1, 1, 2, 2, 1, 2, 1, 2, 3])[0]
    near = now // 7 + dice.randrange(2)
    index, id = -1 - min(int(dice.expovariate(0.3)), 39), IDS[(near - dice.randrange(0, 9)) % len(IDS)]
    return (kind, *{
        "submit": lambda: (IDS[near % len(IDS)], random_request(dice, near)),
        "fan": lambda: (id, dice.choice(["ok", "any", "notok"]), dice.choice([1, 2, 14, 15, 16, 17]),
                        random_request(dice, near) | {"delay": 0, "unique": ""}),
        "claim": lambda: (dice.randrange(3), dice.random() < 0.1),
        "fail": lambda: (index, dice.choice(REASONS)),
        "prioritise": lambda: (id, dice.randrange(3)),
        "tick": lambda: (dice.choice([1, 3, 100]),),
        "advance": lambda: (dice.choice([1, 50, 200, 400, 2000, 2800, 4100]),),
        "pause": lambda: (dice.random() < 0.1,),
        "width": lambda: (dice.choice([None, None, 3]),),
        "forget_scripts": tuple, "sweep": tuple,
        "complete": lambda: (index, dice.sample(KEYS, dice.choice([0, 0, 1, 2]))),
        "lost_claim": lambda: (dice.random() < 0.8,),
        "promote": lambda: (dice.sample(KEYS, dice.choice([1, 3])),),
        "remove_names": lambda: (dice.sample(KEYS, dice.choice([1, 1, 2])),),
        "look": lambda: (dice.choice([*KEYS, f"job:{id}/log"]), dice.choice(["", "a", "job:", f"job:{id}/"]),
                         dice.choice([1, 3, 50])),
        "full": lambda: (dice.random() < 0.4,),
        "purge": lambda: (dice.choice(["succeeded", "failed", "cancelled"]), dice.choice([0, 2000]), dice.choice([1, 3])),
        "renew": lambda: (index,), "lost": lambda: (index,), "release": lambda: (index,),
    }.get(kind, lambda: (id,))())


def story(dice, id):
    """What chance alone hardly ever tells: a job ends before many, begins anew, and others wait for it."""
    request = random_request(dice, 0) | {"delay": 0, "unique": "", "deps": []}
    fan = lambda width: ("fan", id, dice.choice(["ok", "any", "notok"]), width, request)  # noqa: E731
    steps = [("submit", id, request), fan(dice.choice([14, 15, 16, 17])), ("cancel", id), ("retry", id), fan(2),
             ("tick", dice.choice([1, 3, 100]))]
    return [step for step in steps if dice.random() < 0.9]


def random_steps(dice):
    steps = []
    while len(steps) < STEPS:
        now = len(steps)
        steps += story(dice, IDS[now % len(IDS)]) if dice.random() < 0.01 else [random_step(dice, now)]
    return steps


def failure(redis, code, steps):
    """The first difference of a sequence, or None."""
    run = Run(redis, code)
    for at, step in enumerate(steps):
        try:
            run.do(step)
        except (Difference, RedisError) as error:
            return at, error
    return None


def shrink(redis, code, steps):
    """A short sequence that still fails: pieces of halving size are left out as long as that is so."""
    size = len(steps) // 2
    while size:
        at = 0
        while at < len(steps):
            shorter = steps[:at] + steps[at + size :]
            found = failure(redis, code, shorter)
            if found:
                steps = shorter[: found[0] + 1]
            else:
                at += size
        size //= 2
    return steps


@pytest.fixture(scope="module")
def redis():
    server = Server("--appendonly", "no")
    connection = Redis(server.path)
    yield connection
    connection.close()
    server.close()


@pytest.fixture(scope="module")
def code():
    return scripts()


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_m_redis_is_what_the_model_says(redis, code, seed):
    dice = random.Random(seed)
    steps = random_steps(dice)
    found = failure(redis, code, steps)
    if found:
        short = shrink(redis, code, steps[: found[0] + 1])
        _, error = failure(redis, code, short)
        lines = "\n".join(f"  {step}" for step in short)
        pytest.fail(f"seed {seed}, step {found[0]}; shrunk to {len(short)} steps:\n{lines}\n{error}", pytrace=False)


def test_m_a_slip_of_the_model_would_be_found(redis, code, monkeypatch):
    """The comparison sees a difference and shrinking keeps it: here the model forgets that a cancelled job ends."""
    monkeypatch.setattr(queue_model.Model, "cancel", lambda self, id: ["OK", "queued"])
    request = random_request(random.Random(0), 0) | {"deps": [], "delay": 0, "unique": ""}
    steps = [("tick", 1), ("submit", "j1", request), ("advance", 50), ("cancel", "j1"), ("tick", 1)]
    at, _ = failure(redis, code, steps)
    assert at == 3
    assert [step[0] for step in shrink(redis, code, steps)] in (["submit", "cancel"], ["cancel"])
