# SPDX-License-Identifier: Apache-2.0
"""What a script may import from the runtime that calls it.

    import quern
    threshold = float(quern.params.get("threshold", "0.5"))

`params`: the parameters of the job (`--param threshold=0.7`), text by text; empty when there are none.
The other modules of this package are the runtime itself and may change at any time.
"""
params = {}
