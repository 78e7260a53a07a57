# SPDX-License-Identifier: Apache-2.0
"""`quern cancel`, `retry`, `rm`."""
from desk import error, status


def test_b_cancel_retry_and_rm(fleet):
    worker = fleet.worker()
    fleet.submit("score.py")
    assert tuple(fleet.quern("rm", "1")) == (2, "", error("job '1' has not ended", "end it first: quern cancel 1"))
    assert tuple(fleet.quern("retry", "1")) == (2, "", error(
        "job '1' has neither failed nor been cancelled", "how it stands: quern status 1"))
    assert tuple(fleet.quern("cancel", "1")) == (0, "1 is cancelled\n", "")
    assert tuple(fleet.quern("cancel", "1")) == (0, "1 is cancelled\n", "")
    assert tuple(fleet.quern("retry", "1")) == (0, "1 is queued again\n", "")
    worker.claim()
    assert tuple(fleet.quern("cancel", "1")) == (0, "1 runs and is told to end; see it: quern wait 1\n", "")
    assert worker.fail("cancelled") == "cancelled"
    assert tuple(fleet.quern("rm", "1")) == (0, "removed 1\n", "")
    assert tuple(fleet.quern("rm", "1")) == (3, "", error(
        "there is no job '1' in the queue 'default'", "list them: quern ls -q default"))
    assert not [key for key in fleet.keys() if ":job:" in key or ":spec:" in key]


def test_b_retry_says_which_job_comes_first(fleet):
    first = fleet.submit("score.py")
    fleet.submit("score.py", "--after", "1")
    fleet.quern("cancel", "1")
    assert status(fleet, "2")["state"] == "failed"
    assert tuple(fleet.quern("retry", "2")) == (2, "", error(
        f"job '2' waits for the job '{first}', which did not come to what it must",
        f"that one first: quern retry {first}"))
