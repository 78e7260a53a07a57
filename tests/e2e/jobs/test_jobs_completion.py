# SPDX-License-Identifier: Apache-2.0
"""What shells are offered live: `quern completion jobs`, and a bash that asks for it."""
import subprocess

import pytest

from fleet import PATIENCE_SECONDS, RELEASE, eventually


def offered(fleet, *words, **more):
    """[(word, what it is)]; nothing where the answer was not in time."""
    code, out, err = fleet.quern("completion", *words, **more)
    assert (code, err) == (0, "")
    return [tuple(line.split("\t")) for line in out.splitlines()]


def offers(fleet, *words, expected):
    """A busy machine may be too slow for an answer, never for a wrong one."""
    eventually(lambda: offered(fleet, *words) == expected, f"{words}: {expected}")


def test_b_jobs_are_offered_by_what_can_be_done_with_them(fleet):
    worker = fleet.worker()
    for name in ("a.py", "b.py", "c.py"):
        (fleet.directory / name).write_text("def azureml_main():\n    pass\n")
        fleet.submit(name)
    worker.claim()
    worker.complete()
    worker.claim()
    worker.fail("exception")
    offers(fleet, "jobs", expected=[("3", "queued c.py"), ("2", "failed b.py"), ("1", "succeeded a.py")])
    offers(fleet, "jobs-live", expected=[("3", "queued c.py")])
    offers(fleet, "jobs-ended", expected=[("2", "failed b.py"), ("1", "succeeded a.py")])
    offers(fleet, "jobs-failed", expected=[("2", "failed b.py")])
    assert offered(fleet, "jobs", "-q", "other") == []


def test_b_names_are_offered(fleet):
    for key in ("patients", "pima", "rows"):
        fleet.quern("dataset", "put", "patients.csv", key)
    fleet.worker().beat("host3:0")
    offers(fleet, "keys", "p", expected=[("patients", "dataset"), ("pima", "dataset")])
    offers(fleet, "queues", expected=[("default", "queue")])
    offers(fleet, "workers", expected=[("host3:0", "worker")])
    offers(fleet, "environments", expected=[("default", "environment")])


@pytest.mark.parametrize("kind", ["jobs", "keys", "queues", "workers"])
def test_c_without_redis_nothing_is_said(fleet, kind):
    assert offered(fleet, kind, QUERN_REDIS_URL="unix:/nowhere") == []
    assert offered(fleet, kind, QUERN_REDIS_URL="rubbish") == []


def test_f_a_redis_that_says_nothing_is_not_waited_for(fleet):
    with fleet.server.paused():
        assert offered(fleet, "jobs") == []


def test_b_bash_asks_for_them(fleet):
    fleet.submit("score.py")
    fleet.quern("dataset", "put", "patients.csv", "patients")
    script = ("source <(quern completion bash); try() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _quern; "
              "echo ${COMPREPLY[*]}; }\n"
              "try quern cancel ''\ntry quern rm ''\ntry quern submit --dataframe1 pat\ntry quern dataset rm -q other p\n"
              "try quern queue pause ''\n")
    def bash():
        done = subprocess.run(["bash", "-c", script], cwd=fleet.directory, capture_output=True, text=True, check=True,
                              env={**fleet.environment, "PATH": f"{RELEASE}:/usr/bin:/bin"}, timeout=PATIENCE_SECONDS)
        assert done.stderr == ""
        return done.stdout

    eventually(lambda: bash() == "1\n\npatients.csv patients\n\ndefault\n", "bash offers them")
