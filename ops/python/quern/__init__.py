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
The other modules of this package are the runtime itself and may change at any time.
"""
params = {}
inputs = {}
_outputs = {}


def output(name, value, kind=None):
    """Makes `value` an output called `name` when azureml_main has returned. ValueError for a name that is none or taken."""
    from quern import names, objects

    name = names.output(name)
    if name in _outputs:
        raise ValueError(f"two outputs are named {name!r}")
    _outputs[name] = objects.declared(value, kind)
