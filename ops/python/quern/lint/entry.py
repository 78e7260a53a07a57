# SPDX-License-Identifier: Apache-2.0
"""azureml_main: whether it is there, and what it takes beside the ports that are connected."""
import ast
import difflib

from quern.lint import Finding

ENTRY = "azureml_main"
USUAL = ("main", "run", "execute", "azure_main", "azureml")
PORTS = {"classic": 2, "studio": 2}  # of the dialects that give what is connected, by position


def findings(script):
    if ENTRY not in script.names.bound:
        return [absent(script)]
    last = defined(script)
    return [] if last is None else shape(last, script)


def defined(script):
    """The function, if nothing but functions of the module's top level bear the name."""
    found = [node for node in script.tree.body
             if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == ENTRY]
    stores = [node for node in script.names.nodes if isinstance(node, ast.Name) and node.id == ENTRY
              and not isinstance(node.ctx, ast.Load)]
    return found[-1] if found and not stores and not found[-1].decorator_list else None


def absent(script):
    names = script.names
    functions = [node for node in script.tree.body if isinstance(node, ast.FunctionDef)]
    near = difflib.get_close_matches(ENTRY, [one.name for one in functions], 1, 0.6) or [
        one.name for one in functions if one.name in USUAL][:1]
    certain = not names.loose and ENTRY not in script.source
    text = f"there is no function '{ENTRY}', which is what is called"
    if near:
        line = next(one.lineno for one in functions if one.name == near[0])
        return Finding(line, 1, "error" if certain else "warning", "entry", f"{text}; is it '{near[0]}'?")
    if not functions:
        text += "; put the statements into one: def azureml_main(dataframe1=None, dataframe2=None):"
    return Finding(0, 0, "error" if certain else "warning", "entry", text)


def named(function, script):
    """Names of the arguments that inputs and parameters of the same name reach (dialect quern)."""
    given = function.args
    return {one.arg for one in given.args + given.kwonlyargs} & ({*script.inputs, *script.params} if script.dialect == "quern"
                                                                 else set())


def unreached(function, script, at):
    """Inputs whose name no argument has, where the script does not look for them itself."""
    given = function.args
    if given.kwarg or "inputs" in script.source:
        return []
    names = [one.arg for one in given.args + given.kwonlyargs]
    found = []
    for name in script.inputs:
        if script.dialect != "quern" or name not in names:
            near = difflib.get_close_matches(name, names, 1)
            found.append(Finding(*at, f"--input {name}: '{ENTRY}' has no argument of that name"
                                 + (f"; did you mean '{near[0]}'?" if near else "")))
    return found


def shape(function, script):
    at = (function.lineno, function.col_offset + 1, "warning", "entry")
    given = function.args
    reached = named(function, script)
    positional = [one for one in given.posonlyargs + given.args if one.arg not in reached]
    required = len(given.posonlyargs + given.args) - len(given.defaults)
    found = unreached(function, script, at)
    if isinstance(function, ast.AsyncFunctionDef):
        found.append(Finding(*at, f"'{ENTRY}' has 'async': expected a plain function"))
    elif yields(function):
        found.append(Finding(*at, f"'{ENTRY}' has 'yield': expected a plain function that returns frames"))
    for name, default in zip(given.kwonlyargs, given.kw_defaults):
        if default is None and name.arg not in reached:
            found.append(Finding(*at, f"'{ENTRY}' cannot be called: its argument '{name.arg}' is keyword-only and has no default"))
    if script.dialect in PORTS:
        text = counted(len(positional), required, given.vararg, len(script.ports))
    else:
        text = ignored(len(positional), given.vararg, script.ports, 2 if script.dialect == "designer" else 64)
    return found + ([Finding(*at, text)] if text else [])


def counted(most, required, rest, ports):
    if ports < required:
        return f"'{ENTRY}' needs {required} argument(s) and {ports} dataset(s) are connected"
    if ports > most and not rest:
        return f"'{ENTRY}' takes {most} argument(s) and {ports} datasets are connected"
    return ""


def ignored(most, rest, ports, ceiling):
    lost = [str(port) for port in ports if port > min(most if not rest else 64, ceiling)]
    return f"'{ENTRY}' takes {most} dataset(s): number {' and '.join(lost)} will be ignored" if lost else ""


def yields(function):
    """Its own yield, not one of a function inside."""
    ahead = list(function.body)
    while ahead:
        node = ahead.pop()
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            ahead += ast.iter_child_nodes(node)
    return False
