# SPDX-License-Identifier: Apache-2.0
"""What NumPy, pandas, SciPy and scikit-learn removed, as far as a name alone tells; and things that are of another machine."""
import ast
import re

from quern.lint import Finding, known

WINDOWS = re.compile(r"[A-Za-z]:[\\/]\w")
METHODS2 = {"has_key": "`key in d`", "iteritems": ".items()", "itervalues": ".values()", "iterkeys": ".keys()"}


def findings(script):
    """In the order of the text. With --legacy, what that brings back is no fault: it is named when it is used."""
    aliases = modules(script.names.nodes)
    found = []
    for node in script.names.nodes:
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found += [removed(f"{node.module}.{one.name}", node, script) for one in node.names]
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            found.append(attribute(node, aliases, script))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and WINDOWS.match(node.value):
            found.append(Finding(node.lineno, node.col_offset + 1, "warning", "path",
                                 f"{node.value!r} is a path of Windows: a job reads its inputs, its bundle and its own directory"))
    return [one for one in found if one]


def modules(nodes):
    """{name in the script: module} of imports."""
    found = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for one in node.names:
                found[one.asname or one.name.partition(".")[0]] = one.name if one.asname else one.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            for one in node.names:
                found[one.asname or one.name] = f"{node.module}.{one.name}"
    return found


def dotted(node, aliases):
    """"pandas.tools" of `pd.tools`, or ""."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in aliases:
        return ""
    return ".".join([aliases[node.id], *reversed(parts)])


def attribute(node, aliases, script):
    name = dotted(node, aliases)
    if name:
        return removed(name, node, script)
    gone = known.METHODS.get(node.attr)
    if gone and not script.legacy and known.is_gone(gone[1]):
        return Finding(node.lineno, node.col_offset + 1, "warning", "removed",
                       known.told(f"{gone[0]}.{node.attr}", gone[1:], maybe=True))
    if node.attr in METHODS2 and not script.legacy:
        return Finding(node.lineno, node.col_offset + 1, "warning", "name",
                       f".{node.attr}() is Python 2's: write {METHODS2[node.attr]}")
    return None


def removed(name, node, script):
    gone = known.GONE.get(name)
    if not gone or script.legacy or not known.is_gone(gone[0], name):
        return None
    return Finding(node.lineno, node.col_offset + 1, "warning", "removed", known.told(name, gone))
