# SPDX-License-Identifier: Apache-2.0
"""What `quern check` would have said of a failure."""
from quern import script
from quern.lint import names, syntax


def of(error, source):
    """One line for a SyntaxError or NameError of the script (its text in bytes), or ""."""
    try:
        if isinstance(error, SyntaxError):
            lines = source.decode("utf-8", "replace").splitlines() if error.filename == script.FILE else []
            line = error.lineno or 0
            return syntax.advised(str(error.msg), lines[line - 1] if 0 < line <= len(lines) else "")
        return names.strange(str(error.name))
    except Exception:  # an exception is the script's and may do anything when it is looked at
        return ""
