# SPDX-License-Identifier: Apache-2.0
"""Parameters: those that are given and never read, and those that are read and not given."""
import ast
import difflib

from quern.lint import Finding, entry, old


def findings(script):
    used, needed, certain = uses(script)
    function = entry.defined(script)
    used |= entry.named(function, script) if function else set()
    found = []
    for name, node in needed.items():
        if name not in script.params:
            found.append(Finding(node.lineno, node.col_offset + 1, "warning", "param",
                                 f"the script reads the parameter '{name}': --param {name}=VALUE gives it"))
    for name in script.params:
        if certain and name not in used and not script.bundle:
            near = difflib.get_close_matches(name, used, 1)
            found.append(Finding(0, 0, "warning", "param", f"--param {name}: the script does not read it"
                                 + (f"; did you mean '{near[0]}'?" if near else "")))
    return found


def uses(script):
    """({names that are read}, {those that must be there: node}, whether these are all that can be)."""
    aliases = old.modules(script.names.nodes)
    used, needed, seen, places = set(), {}, 0, 0
    for node in script.names.nodes:
        if isinstance(node, (ast.Attribute, ast.Name)) and is_params(node, aliases):
            places += 1
        name, must = key(node, aliases)
        if name is not None:
            seen += 1
            used.add(name)
            if must and isinstance(node.ctx, ast.Load):
                needed.setdefault(name, node)
    for node in script.names.nodes:  # what is asked for first need not be there
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Constant) and any(is_params(one, aliases)
                                                                                       for one in node.comparators):
            seen += 1
            used.add(node.left.value)
            needed.pop(node.left.value, None)
    return used, needed, seen == places and not script.names.loose


def is_params(node, aliases):
    return isinstance(node, (ast.Attribute, ast.Name)) and isinstance(node.ctx, ast.Load) and (
        old.dotted(node, aliases) == "quern.params")


def key(node, aliases):
    """(name, whether it must be there) of params["name"] and params.get("name"), else (None, False)."""
    if isinstance(node, ast.Subscript) and is_params(node.value, aliases) and is_text(node.slice):
        return node.slice.value, True
    if (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "setdefault", "pop")
            and is_params(node.func.value, aliases) and node.args and is_text(node.args[0])):
        return node.args[0].value, False
    return None, False


def is_text(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
