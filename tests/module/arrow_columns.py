# SPDX-License-Identifier: Apache-2.0
"""Files of one column "x" for the tests of the reader, and names for the types."""
import json

import arrow_file as af
from arrow_file import Field, File, Scalar
from segments import dump

UTF8, LARGE, VIEW = (af.UTF8, {}), (af.LARGE_UTF8, {}), (af.UTF8_VIEW, {})
BINARY, LARGE_BINARY, BINARY_VIEW = (af.BINARY, {}), (af.LARGE_BINARY, {}), (af.BINARY_VIEW, {})
DOUBLE, SINGLE = (af.FLOAT, {0: Scalar("h", 2)}), (af.FLOAT, {0: Scalar("h", 1)})
HALF = (af.FLOAT, {})
DAYS, MILLIS = (af.DATE, {0: Scalar("h", 0)}), (af.DATE, {})


def one(kind, *batches, tmp_path, options=(), dictionary=None, before=(), compress=None):
    """The dump of a file with the column "x"; `before`: dictionary batches as (array, delta)."""
    made = File([Field("x", kind, dictionary)])
    for array, delta in before:
        made.dictionary(dictionary[0], array, compress, delta)
    for array in batches:
        made.batch(array, compress=compress)
    said = dump(made.bytes(), tmp_path, *options)
    return said if isinstance(said, str) else said[1][0]


def hinted(kind, dtype, *batches, tmp_path, document=None):
    """The dump of a column "x" whose pandas metadata say `dtype`; `document`: other JSON than that."""
    said = json.dumps({"columns": [{"name": "y", "field_name": "y", "numpy_type": "Int8"},
                                   {"name": "x", "field_name": "x", "pandas_type": "?", "numpy_type": dtype}]})
    made = File([Field("x", kind)], metadata={"other": "{", "pandas": said if document is None else document})
    for array in batches:
        made.batch(array)
    return dump(made.bytes(), tmp_path)[1][0]
