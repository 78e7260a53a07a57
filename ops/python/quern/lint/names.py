# SPDX-License-Identifier: Apache-2.0
"""Which names the script binds and reads, and which it reads without anybody binding them."""
import ast
import builtins
import difflib
import symtable

from quern.lint import MOST, Finding

GIVEN = {"__file__", "__name__", "__doc__", "__spec__", "__loader__", "__package__", "__builtins__", "__annotations__",
         "__path__", "WindowsError"}
DYNAMIC = {"exec", "eval", "globals", "locals", "vars", "setattr", "__import__", "execfile"}
NOTEBOOK = {"display": "this is a function of notebooks: print() it",
            "get_ipython": "there is no IPython here: take the line out"}
PYTHON2 = {"unicode": "str", "xrange": "range", "raw_input": "input", "basestring": "str", "long": "int", "reduce":
           "functools.reduce", "unichr": "chr", "execfile": "exec(open(...).read())", "file": "open", "cmp": "(a > b) - (a < b)",
           "reload": "importlib.reload", "apply": "function(*arguments)", "buffer": "memoryview", "intern": "sys.intern",
           "StandardError": "Exception"}


class Names:
    """bound: those of the module; read: {name: first ast.Name}; loose: whether names may come to be in ways that nobody sees."""

    def __init__(self, tree, text):
        self.nodes = list(ast.walk(tree))
        self.read, self.stars = {}, []
        for node in self.nodes:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                self.read.setdefault(node.id, node)
            if isinstance(node, ast.ImportFrom) and any(one.name == "*" for one in node.names):
                self.stars.append(node)
        self.bound, self.wanted = scopes(text)
        self.loose = bool(self.stars or DYNAMIC & self.read.keys() or "__getattr__" in self.bound)


def scopes(text):
    """(names that the module binds, {those that are read as its own or Python's})."""
    bound, wanted = set(), set()
    try:
        top = symtable.symtable(text, "user_script.py", "exec")
    except (SyntaxError, ValueError, RecursionError):
        return bound, wanted
    ahead = [top]
    while ahead:
        scope = ahead.pop()
        ahead += scope.get_children()
        for symbol in scope.get_symbols():
            binds = symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace() or symbol.is_parameter()
            if scope is top and (binds or symbol.is_annotated()) or symbol.is_declared_global() and binds:
                bound.add(symbol.get_name())
            if symbol.is_referenced() and (scope is top or symbol.is_global()):
                wanted.add(symbol.get_name())
    return bound, wanted


def findings(script):
    names = script.names
    if names.loose:
        return []
    known = names.bound | GIVEN | set(dir(builtins))
    near = sorted(names.bound)[:MOST]
    return [missing(name, names.read[name], near) for name in sorted(names.wanted - known)[:MOST]
            if name in names.read]


def strange(name):
    """Of a name that is nobody's: whose it was."""
    if name in PYTHON2:
        return f"the name '{name}' is Python 2's: write {PYTHON2[name]}"
    return f"the name '{name}' is not defined: {NOTEBOOK[name]}" if name in NOTEBOOK else ""


def missing(name, node, bound):
    text = strange(name)
    if not text:
        near = difflib.get_close_matches(name, bound, 1, 0.75)
        text = f"the name '{name}' is not defined" + (f"; did you mean '{near[0]}'?" if near else "")
    return Finding(node.lineno, node.col_offset + 1, "warning", "name", text)
