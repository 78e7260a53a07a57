# SPDX-License-Identifier: Apache-2.0
"""Clients: they submit the jobs of a mix in its order, some twice, and cancel those that are to be cancelled. What they are
answered is checked on the spot."""
import concurrent.futures
import threading

from fleet import eventually
from mix import SCRIPTS

MOST_WAITING = 40  # jobs that are not ended, before the next is submitted
PATIENCE_SECONDS = 900
NEWS_MS = 200
CLIENTS = 4


class Clients:
    def __init__(self, fleet):
        self.fleet, self.faults, self.again, self.refused, self.threads = fleet, [], 0, 0, []
        for name, text in SCRIPTS.items():
            (fleet.directory / f"{name}.py").write_text(text)

    def submit_all(self, groups):
        """Several clients at once, each a group after the other."""
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(self.submit_group, groups))

    def submit_group(self, jobs):
        self.await_most(MOST_WAITING - 1)
        for job in jobs:
            self.submit(job)
            if job.cancel:
                self.threads.append(threading.Thread(target=self.cancel, args=(job,), daemon=True))
                self.threads[-1].start()

    def finish(self):
        for thread in self.threads:
            thread.join()

    def await_most(self, count):
        """Until so many jobs have not ended, or fewer."""
        redis = self.fleet.connect()
        eventually(lambda: self.open(redis) <= count or self.news(redis), f"{count} open jobs", PATIENCE_SECONDS)
        redis.close()

    def news(self, redis):
        """Waits a moment for something to happen in the queue."""
        redis("XREAD", "BLOCK", NEWS_MS, "STREAMS", self.fleet.key("events"), "$")

    def open(self, redis):
        return sum(redis.pipeline([("ZCARD", self.fleet.key(index)) for index in ("blocked", "delayed", "ready", "lease")]))

    def submit(self, job):
        command = ["submit", self.fleet.directory / f"{job.script}.py", "--id", job.id, *job.words]
        self.expect((0, f"{job.id}\n"), command)
        if job.twice:
            self.again += 1
            self.expect((0, f"{job.id}\n"), command)
            self.expect((2, ""), [*command, "--param", "another=1"])
        for words in job.refused:
            self.refused += 1
            self.expect((75, ""), ["submit", self.fleet.directory / "empty.py", *words])

    def expect(self, expected, command):
        code, out, err = self.fleet.quern(*command)
        if (code, out) != expected:
            self.faults.append(f"clients: quern {' '.join(map(str, command))}: expected {expected}, found {(code, out)}: {err}")

    def cancel(self, job):
        try:
            if job.cancel == "running":
                redis = self.fleet.connect()
                state = self.fleet.key("job", job.id), "st"
                eventually(lambda: redis("HGET", *state) == b"running" or self.news(redis), f"{job.id} to run", PATIENCE_SECONDS)
                redis.close()
            code, _, err = self.fleet.quern("cancel", job.id)
        except Exception as error:  # pylint: disable=broad-except
            self.faults.append(f"clients: cancel of {job.id}: {error}")
            return
        if code and job.cancel != "soon":
            self.faults.append(f"clients: cancel of {job.id}: exit code {code}: {err}")
