# SPDX-License-Identifier: Apache-2.0
"""What the tests of the verbs on a queue share: a real Redis, a store, and a worker that the test plays."""
import hashlib
import json
import os
import select

from fleet import PATIENCE_SECONDS

SCRIPT = "def azureml_main(dataframe1=None, dataframe2=None):\n    return dataframe1,\n"


def error(*lines):
    return "error: " + "\n  ".join(lines) + "\n"


def sha(path):
    return "sha256-" + hashlib.sha256(path.read_bytes()).hexdigest()


def status(fleet, job):
    code, out, err = fleet.quern("status", job, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def document(fleet, job):
    return json.loads(fleet.quern("inspect", job).out)["document"]


def read_terminal(descriptor, process):
    shown = b""
    while select.select([descriptor], [], [], PATIENCE_SECONDS)[0]:
        try:
            part = os.read(descriptor, 65536)
        except OSError:
            break
        shown += part
    os.close(descriptor)
    process.wait(timeout=PATIENCE_SECONDS)
    return shown


def put(fleet, data):
    """An object of the store, as the storage has it: its version."""
    version = "sha256-" + hashlib.sha256(data).hexdigest()
    place = fleet.directory / "store/objects"
    place.mkdir(parents=True, exist_ok=True)
    (place / version).write_bytes(data)
    return version


def finish(fleet, outputs):
    """A job that left these outputs: its id."""
    worker = fleet.worker()
    job = fleet.submit("score.py")
    assert worker.claim() == job
    names = " ".join(f"job:{job}/{name} {put(fleet, data)} {len(data)}" for name, data in outputs.items())
    assert worker.tell("complete", b"{}".hex(), names) == "ok"
    return job
