# SPDX-License-Identifier: Apache-2.0
"""What `quern check` would have said of a failure."""
from quern import script
from quern.lint import names, syntax


def of(error):
    """One line for a NameError, or for a SyntaxError of the script or its bundle, or ""."""
    try:
        if isinstance(error, NameError):
            return names.strange(str(error.name))
        own = error.filename == script.FILE or f"/{script.BUNDLE}/" in error.filename
        return syntax.advised(str(error.msg), str(error.text or "")) if own else ""
    except Exception:  # an exception is the script's and may do anything when it is looked at
        return ""
