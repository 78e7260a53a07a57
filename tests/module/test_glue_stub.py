# SPDX-License-Identifier: Apache-2.0
"""The types of the module `quern` that editors are given: they are those of the module."""
import ast
import inspect
import os
import types

from glue_job import ROOT

import quern

STUB = os.path.join(ROOT, "ops", "python", "quern", "__init__.pyi")


def stub():
    with open(STUB, encoding="utf-8") as file:
        return ast.parse(file.read())


def described(tree):
    """{name: the definition} of what a script may use."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.AnnAssign):
            found[node.target.id] = node
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            found.setdefault(node.name, node)
    return found


def public():
    """{name: value} of the module, without its parts and what it imports."""
    return {name: value for name, value in vars(quern).items()
            if not name.startswith("_") and not isinstance(value, types.ModuleType)
            and getattr(value, "__module__", "quern").startswith("quern")}


def test_m_stub_and_module_have_the_same_names():
    assert sorted(described(stub())) == sorted(public())


def test_m_functions_take_the_same_arguments():
    for name, node in described(stub()).items():
        value = public()[name]
        if not isinstance(node, ast.FunctionDef):
            assert not inspect.isfunction(value), name
            continue
        parameters = inspect.signature(value).parameters.values()
        given = node.args
        stars = [f"*{given.vararg.arg}"] if given.vararg else []
        told = [one.arg for one in given.posonlyargs + given.args] + stars + [one.arg for one in given.kwonlyargs]
        told += [f"**{given.kwarg.arg}"] if given.kwarg else []
        marks = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
        assert told == [marks.get(one.kind, "") + one.name for one in parameters], name
        optional = [one.name for one in parameters if one.default is not one.empty]
        assert len(given.defaults) + sum(one is not None for one in given.kw_defaults) == len(optional), name


def test_m_every_name_is_explained():
    """What an editor shows beside it: a text below the definition."""
    tree = stub()
    for place, node in enumerate(tree.body):
        if isinstance(node, ast.AnnAssign):
            after = tree.body[place + 1]
            assert isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant), node.target.id
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            assert ast.get_docstring(node), node.name
