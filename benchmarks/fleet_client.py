# SPDX-License-Identifier: Apache-2.0
"""`quern` as the probe uses it: one process per verb, answers in JSON, exit codes of `quern help errors`."""
import json
import os
import pathlib
import shutil
import subprocess

NO_SUCH_JOB, USAGE, UNREACHABLE, AGAIN, DENIED, CONFIG, LATE = 3, 2, 69, 75, 77, 78, 124
BUILT = pathlib.Path(__file__).resolve().parents[1] / "build" / "bin" / "quern"
LONGEST_SECONDS = 600  # of a verb that has no bound of its own


class Refused(Exception):
    """A verb that failed: its exit code, and the first line that it printed on stderr."""

    def __init__(self, verb, code, stderr):
        said = stderr.strip().splitlines()
        super().__init__(f"quern {verb}: {said[0] if said else f'exit code {code}'}")
        self.code = code


def find():
    """The path of quern: this tree's build, else the installed one; None if there is neither."""
    return str(BUILT) if BUILT.exists() else shutil.which("quern")


class Quern:
    """One queue. queue, url: as -q and --queue-url take them, None for what `quern` chooses itself."""

    def __init__(self, program, queue=None, url=None, environment=None):
        self.program = program
        self.environment = dict(environment or os.environ)
        # By the environment and not by flags: the dataset verbs take the queue from nowhere else.
        self.environment |= {"QUERN_QUEUE": queue} if queue else {}
        self.environment |= {"QUERN_REDIS_URL": url} if url else {}

    def call(self, *words, seconds=LONGEST_SECONDS):
        """The finished process. Ctrl-C does not reach it: the probe decides what is left to do."""
        try:
            return subprocess.run([self.program, *map(str, words)], env=self.environment, stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=seconds, start_new_session=True, check=False)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(words, LATE, b"", f"not within {seconds:.0f} s".encode())

    def say(self, *words, seconds=LONGEST_SECONDS):
        """What the verb prints; Refused if it fails."""
        done = self.call(*words, seconds=seconds)
        if done.returncode:
            raise Refused(words[0], done.returncode, done.stderr.decode(errors="replace"))
        return done.stdout

    def rows(self, *words):
        """The objects that a verb with --json prints, one per line."""
        return [json.loads(line) for line in self.say(*words, "--json").splitlines()]

    def inspect(self, job):
        return json.loads(self.say("inspect", job))
