# SPDX-License-Identifier: Apache-2.0
"""What canaries leave in a queue, how it is found, and how it is taken away.

The id of a canary is canary-DEADLINE-RUN-N: DEADLINE the Unix time in hex at which its probe is over for certain, RUN
random, N its number. So whoever comes later knows without any record of his own what nobody waits for any more.
"""
import re
import time

import fleet_client

PREFIX = "canary-"
GRACE_SECONDS = 120  # for a probe's cleaning up, and for clocks that do not agree
PATIENCE_SECONDS = 30
ROWS = 1000  # of each state, the most that `quern ls` lists
ID = re.compile(r"canary-([0-9a-f]{8})-[0-9a-f]{8}-[0-9]{1,6}")


def run_prefix(deadline, random):
    """What the ids of one probe begin with. deadline: Unix time; random: a number below 2^32."""
    return f"{PREFIX}{int(deadline) + GRACE_SECONDS:08x}-{random:08x}-"


def is_over(job, now):
    """Whether the probe that this canary is of is over at the Unix time `now`; False for what is no canary."""
    found = ID.fullmatch(job)
    return bool(found) and int(found[1], 16) < now


def present(quern, prefix=PREFIX):
    """Ids of canaries that the queue knows, or of which the catalogue has names. A canary that ended is found by its
    names, however many jobs the queue holds; one that waits, among the first thousand of its state."""
    jobs = {row["id"] for row in quern.rows("ls", "-n", ROWS)}
    named = {row["key"].removeprefix("job:").split("/")[0] for row in quern.rows("dataset", "ls", f"job:{prefix}")}
    return sorted(job for job in jobs | named if job.startswith(prefix))


def remove(quern, job, seconds=PATIENCE_SECONDS):
    """Ends the job if it has not ended, and removes it: True when it is gone."""
    deadline = time.monotonic() + seconds
    while True:
        code = quern.call("rm", job).returncode
        if code in (0, fleet_client.NO_SUCH_JOB):
            return True
        if time.monotonic() > deadline or code not in (fleet_client.USAGE, fleet_client.AGAIN):
            return False
        if code == fleet_client.USAGE:  # it has not ended
            quern.call("cancel", job)
            quern.call("wait", job, "--timeout", "5s")
        else:
            time.sleep(0.1)  # its dependents are still being told


def remove_left(quern, now):
    """Removes what dead probes left: the ids."""
    return [job for job in present(quern) if is_over(job, now) and remove(quern, job)]
