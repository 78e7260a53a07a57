# SPDX-License-Identifier: Apache-2.0
"""What a script may import from the runtime that calls it.

    import quern
    threshold = quern.params.get("threshold", 0.5)

`params`: the parameters of the job (`--param threshold=0.7`): what is JSON is its value, anything else the text.
`inputs`: the inputs of the job by name (`--input model=KEY`), made when they are asked for.
`output(name, value, kind=None)`: one more output of the job. Frames, Series and arrays become a dataset; text, bytes,
paths and what JSON has are stored as that; anything else, a model above all, is pickled. `kind` says it otherwise: dataset,
pickle, joblib, json, text, bytes or file.
`Object(value, kind=None)`, `File(path)`: the same for what azureml_main returns.
`job_id`: the job's id.

    quern.progress(0.4, "epoch 4 of 10")      how far the script is: `quern status`, `quern wait`
    quern.log("loss", 0.25)                   a metric: a number, text, list, dict, array; in job.json, in their order
    quern.file("plots/loss.png", "loss.png")  a file that is kept with the job: from a path, bytes, or an open file
    frame = quern.read("patients")            the dataset under a key
    quern.read_bytes("raw/notes.txt")         the bytes under a key
    quern.write("team/scores", frame)         a dataset, or bytes; where the job may write; seen by others when it succeeds
    quern.keys("team/")                       the keys that begin so; quern.exists(key), quern.remove(key)

Files that are missing are FileNotFoundError, keys outside of the job's prefixes (`--read`, `--write`) PermissionError. All of
them work in threads and in forked processes (multiprocessing); a Python that is started anew has no module `quern`.
The other modules of this package are the runtime itself and may change at any time.
"""
params = {}
inputs = {}
_outputs = {}
job_id = ""


def output(name, value, kind=None):
    """Makes `value` an output called `name` when azureml_main has returned. ValueError for a name that is none or taken."""
    from quern import names, objects

    name = names.output(name)
    if name in _outputs:
        raise ValueError(f"two outputs are named {name!r}")
    _outputs[name] = objects.declared(value, kind)


def progress(fraction=None, text=""):
    """Tells how far the script is: a fraction from 0 to 1 or None, and a short text. At most five times a second is passed
    on; the rest costs next to nothing."""
    from quern import telling

    telling.progress(fraction, text)


def log(name, value):
    """Logs a metric: a number, text, list, dict, array, or frame. NaN and infinities are kept as text."""
    from quern import telling

    telling.log(name, value)


def file(name, source):
    """Keeps a file with the job, whatever becomes of it, at `job:ID/files/NAME`. source: a path, bytes, or an open file."""
    from quern import telling

    telling.file(name, source)


def read(key):
    """The dataset under a key as a DataFrame: its pages are those of the host until they are changed."""
    from quern import catalogue

    return catalogue.read(key)


def read_bytes(key):
    """The bytes of the object under a key."""
    from quern import catalogue

    return catalogue.read_bytes(key)


def write(key, value):
    """Writes a frame as a dataset, or bytes, text, an open file as they are. Others see it when the job succeeds."""
    from quern import catalogue

    catalogue.write(key, value)


def keys(prefix=""):
    """All keys that begin with `prefix` and that the job may read, in order."""
    from quern import catalogue

    return [key for key, _ in catalogue.entries(prefix)]


def exists(key):
    """Whether there is something under a key."""
    from quern import catalogue

    return catalogue.exists(key)


def remove(key):
    """Takes back what this run wrote; PermissionError for any other key."""
    from quern import catalogue

    catalogue.remove(key)
