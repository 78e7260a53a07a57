# SPDX-License-Identifier: Apache-2.0
"""What is submitted: jobs of many kinds in an order that a seed decides, each with the ends that it may have.

What an attempt writes, returns or draws carries its nonce (`nonce_HEX`): in its output, as a name of a column, of a picture.
"""
import dataclasses
import random

SECONDS_OF_LONG = (3, 6)
PRELUDE = ("import os, time\nimport pandas as pd\nNONCE = 'nonce_' + os.urandom(8).hex()\nprint(NONCE, flush=True)\n"
           "time.sleep(os.urandom(1)[0] / 400)\n")  # or most jobs would be over before they can be cut off
SOURCES = "    seen = [name for frame in frames for name in frame.columns if name.startswith('nonce_')]\n"
SCRIPTS = {name: PRELUDE + body for name, body in {
    "prints": "def azureml_main():\n    for i in range(50):\n        print(i)\n",
    "table": "def azureml_main():\n    return pd.DataFrame({NONCE: range(100)})\n",
    "named": "def azureml_main():\n    return {'alpha': pd.DataFrame({NONCE: [1]}), 'beta': pd.DataFrame({NONCE: ['b']})}\n",
    "derived": "def azureml_main(*frames):\n    print(sum(len(frame) for frame in frames), 'rows')\n" + SOURCES +
               "    print('from', *seen)\n    return pd.DataFrame({NONCE: [1]})\n",
    "big": "import numpy\ndef azureml_main():\n    return pd.DataFrame({NONCE: numpy.random.default_rng().random(1 << 20)})\n",
    "plot": "import matplotlib.pyplot as plt\ndef azureml_main():\n    plt.plot([3, 1, 2])\n    plt.savefig(NONCE + '.png')\n",
    "exits": "def azureml_main():\n    os._exit(3)\n",
    "raises": "def azureml_main():\n    raise ValueError('no good')\n",
    "flaky": "def azureml_main():\n    if os.urandom(1)[0] < 128:\n        os._exit(75)\n    return pd.DataFrame({NONCE: [1]})\n",
    "busy": "def azureml_main():\n    os._exit(75)\n",
    "sleeps": "import quern\ndef azureml_main():\n    end = time.monotonic() + float(quern.params['seconds'])\n"
              "    while time.monotonic() < end:\n        time.sleep(0.05)\n    return pd.DataFrame({NONCE: [1]})\n",
}.items()}
SCRIPTS["empty"] = "def azureml_main():\n    pass\n"

DONE = ("succeeded", None)
AGAIN = ["--retries", "200", "--retry-on", "lost"]  # or a host that is lost for the third time would bury the job
PAUSES = ["--backoff", "50ms..1s"]


@dataclasses.dataclass
class Job:
    """ends: (state, reason)s that it may have. ports: what it returns when it succeeds. key: of -o, shared or its own.
    waits: jobs that have to end before it begins. cancel: None, "waiting", "running" or "soon" after it was submitted."""
    id: str
    kind: str
    script: str
    words: list
    ends: tuple = (DONE,)
    ports: tuple = ()
    key: str = None
    shared: bool = False
    waits: tuple = ()
    source: str = None
    cancel: str = None
    delay: float = 0
    retries: int = None
    refused: list = dataclasses.field(default_factory=list)
    twice: bool = False


class Mix:
    """inputs: keys of the catalogue, {"small": ..., "big": ...}; table: a file that clients upload."""

    def __init__(self, seed, inputs, table):
        self.random, self.inputs, self.table, self.count = random.Random(seed), inputs, table, 0

    def job(self, kind, script, *words, rule=AGAIN, **more):
        self.count += 1
        priority = str(self.random.randrange(10))
        all_words = [*words, "--priority", priority, *rule, *PAUSES]
        return Job(f"{kind}-{self.count}", kind, script, all_words, twice=self.random.random() < 0.08, **more)

    def groups(self, count):
        """At least so many jobs, in lists of those that have to be submitted one after the other; every kind at least once."""
        made, kinds, weights = [], [kind for kind, _ in KINDS], [weight for _, weight in KINDS]
        pending = kinds[:]
        self.random.shuffle(pending)
        while sum(map(len, made)) < count:
            kind = pending.pop() if pending else self.random.choices(kinds, weights)[0]
            made.append(kind(self))
        return made

    # ---- alone ----

    def empty(self):
        return [self.job("empty", "empty")]

    def prints(self):
        return [self.job("prints", "prints")]

    def table_out(self):
        return [self.with_key(self.job("table", "table", ports=("dataset1",)))]

    def named(self):
        return [self.with_key(self.job("named", "named", ports=("alpha", "beta")))]

    def one_input(self):
        return [self.job("one-input", "derived", "--dataframe1", self.inputs["small"], ports=("dataset1",))]

    def two_inputs(self):
        return [self.job("two-inputs", "derived", "--dataframe1", self.inputs["small"], "--dataframe2", self.table,
                         ports=("dataset1",))]

    def big_out(self):
        return [self.with_key(self.job("big-out", "big", ports=("dataset1",)))]

    def big_in(self):
        return [self.job("big-in", "derived", "--dataframe1", self.inputs["big"], ports=("dataset1",))]

    def plot(self):
        return [self.with_key(self.job("plot", "plot", ports=("visualization.png",)))]

    def long(self):
        seconds = self.random.uniform(*SECONDS_OF_LONG)
        return [self.job("long", "sleeps", "--param", f"seconds={seconds:.1f}", ports=("dataset1",))]

    def delayed(self):
        seconds = self.random.randrange(1, 5)
        return [self.job("delayed", "prints", "--delay", f"{seconds}s", delay=seconds)]

    def shared(self):
        key = f"shared/{self.random.randrange(3)}"
        return [self.with_key(self.job("shared", "table", ports=("dataset1",)), key)]

    def with_key(self, job, key=None):
        job.key, job.shared = key or f"out/{job.id}", key is not None
        job.words += ["-o", job.key]
        return job

    # ---- failing ----

    def exits(self):
        return [self.with_key(self.job("exits", "exits", ends=(("failed", "exit:3"),)))]

    def raises(self):
        return [self.with_key(self.job("raises", "raises", ends=(("failed", "exception"),)))]

    def timeout(self):
        return [self.job("timeout", "sleeps", "--param", "seconds=600", "--timeout", "1s", ends=(("failed", "limit:time"),))]

    def flaky(self):
        rule = ["--retries", "200", "--retry-on", "exit:75,lost"]
        return [self.with_key(self.job("flaky", "flaky", rule=rule, ports=("dataset1",)))]

    def hopeless(self):
        """It says nothing of `lost`: three lost hosts bury it."""
        rule = ["--retries", "2", "--retry-on", "exit:75"]
        return [self.job("hopeless", "busy", rule=rule, ends=(("failed", "exit:75"), ("failed", "poison")), retries=2)]

    # ---- cancelled ----

    def cancelled_waiting(self):
        return [self.job("cancelled", "prints", "--delay", "1h", ends=(("cancelled", "cancelled"),), cancel="waiting")]

    def cancelled_running(self):
        return [self.job("stopped", "sleeps", "--param", "seconds=600", ends=(("cancelled", "cancelled"),), cancel="running")]

    def cancelled_soon(self):
        return [self.job("cancelled-soon", "prints", ends=(DONE, ("cancelled", "cancelled")), cancel="soon")]

    # ---- together ----

    def unique(self):
        """The second is refused: the first still waits."""
        name = f"unique-{self.count}"
        first = self.job("unique", "prints", "--delay", "10s", "--unique", name, delay=10)
        first.refused.append(["--unique", name])
        return [first]

    def chain(self):
        """Three; each reads what the one before returned."""
        first = self.job("chain-1", "table", ports=("dataset1",))
        second = self.after("chain-2", first)
        return [first, second, self.after("chain-3", second)]

    def after(self, kind, source):
        return self.job(kind, "derived", "--dataframe1", f"job:{source.id}/dataset1", ports=("dataset1",), waits=(source.id,),
                        source=source.id)

    def after_good(self):
        good = self.job("good", "prints")
        missed = (("cancelled", f"dependency:{good.id}"),)
        return [good, self.waiting("after-ok", "ok", good), self.waiting("after-any", "any", good),
                self.waiting("not-needed", "notok", good, ends=missed)]

    def after_bad(self):
        bad = self.job("bad", "exits", ends=(("failed", "exit:3"),))
        missed = (("failed", f"dependency:{bad.id}"),)
        return [bad, self.waiting("missed", "ok", bad, ends=missed), self.waiting("after-any", "any", bad),
                self.waiting("needed", "notok", bad)]

    def waiting(self, kind, policy, other, **more):
        return self.job(kind, "prints", "--after", f"{policy}:{other.id}", waits=(other.id,), **more)


KINDS = [(Mix.empty, 12), (Mix.prints, 12), (Mix.table_out, 10), (Mix.named, 5), (Mix.one_input, 8), (Mix.two_inputs, 6),
         (Mix.big_out, 3), (Mix.big_in, 3), (Mix.plot, 3), (Mix.long, 3), (Mix.delayed, 4), (Mix.shared, 6), (Mix.exits, 4),
         (Mix.raises, 4), (Mix.timeout, 2), (Mix.flaky, 5), (Mix.hopeless, 2), (Mix.cancelled_waiting, 2),
         (Mix.cancelled_running, 3), (Mix.cancelled_soon, 3), (Mix.unique, 2), (Mix.chain, 4), (Mix.after_good, 2),
         (Mix.after_bad, 2)]
