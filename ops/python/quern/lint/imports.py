# SPDX-License-Identifier: Apache-2.0
"""Modules that the script imports and the environment does not have. They are looked for, never loaded."""
import ast
import importlib.machinery
import importlib.util
import sys

from quern.lint import Finding, known

PYTHON2 = {"urllib2": "urllib.request", "StringIO": "io", "cStringIO": "io", "cPickle": "pickle", "ConfigParser":
           "configparser", "Queue": "queue", "httplib": "http.client", "urlparse": "urllib.parse", "__builtin__": "builtins",
           "commands": "subprocess", "HTMLParser": "html.parser", "Tkinter": "tkinter", "md5": "hashlib", "sets": "set",
           "thread": "_thread", "itertools.izip": "zip", "anydbm": "dbm", "exceptions": "the builtin exceptions"}
OURS = ("quern", "user_script", "azureml", "azure")


def findings(script):
    found = []
    for node, guarded in imported(script.tree, False):
        for name in wanted(node):
            if not guarded and not there(name):
                found.append(missing(name, node, script))
    return [one for one in found if one]


def imported(node, guarded):
    """(statement, whether its failure is caught) of every import."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.Import, ast.ImportFrom)):
            yield child, guarded
        elif isinstance(child, ast.Try):
            for part in child.body:
                yield from imported_in(part, guarded or bool(child.handlers))
            for part in [*child.handlers, *child.orelse, *child.finalbody]:
                yield from imported_in(part, True if part in child.handlers else guarded)
        else:
            yield from imported(child, guarded)


def imported_in(node, guarded):
    yield from imported(ast.Module([node], []), guarded)


def wanted(node):
    """Names of modules: `from a import b` needs a, not a.b."""
    if isinstance(node, ast.Import):
        return [one.name for one in node.names]
    return [node.module] if node.level == 0 and node.module else []


def there(name):
    """Whether it can be found; of a part of a package, in the package's own places."""
    root, _, rest = name.partition(".")
    if root in sys.builtin_module_names or root in OURS:
        return True
    try:
        spec = importlib.util.find_spec(root)
        for part in rest.split(".") if rest else ():
            if spec is None or spec.submodule_search_locations is None or spec.origin is None:
                return spec is not None  # a namespace, or what makes its parts itself
            root = f"{root}.{part}"
            places = list(spec.submodule_search_locations)
            spec = importlib.machinery.PathFinder.find_spec(root, places)
        return spec is not None
    except (ImportError, ValueError, AttributeError, OSError):
        return True


def missing(name, node, script):
    at = (node.lineno, node.col_offset + 1, "warning", "import")
    if name in PYTHON2:
        return Finding(*at, f"the module '{name}' is Python 2's: write {PYTHON2[name]}")
    gone = known.MODULES.get(name)
    if gone and script.legacy:
        return None
    if gone:
        return Finding(*at, known.told(name, gone))
    text = f"there is no module '{name}' in this environment"
    if not script.bundle:
        text += "; `quern env ls` lists others, and --bundle brings modules of your own"
    return Finding(*at, text)
