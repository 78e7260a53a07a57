# SPDX-License-Identifier: Apache-2.0
"""The user's script as the module `user_script`, and the places that it can import from."""
import importlib.util
import io
import linecache
import os
import sys

NAME = "user_script"
FILE = "user_script.py"
ENTRY = "azureml_main"
BUNDLE = "Script Bundle"


def prepare(directory):
    """Makes `Script Bundle` and puts it, its `src` and the work directory at the end of the import path."""
    bundle = os.path.join(directory, BUNDLE)
    os.makedirs(bundle, exist_ok=True)
    sys.path += [directory, bundle, os.path.join(bundle, "src")]
    return bundle


def load(source, directory):
    """Runs the text (bytes) as a module, which is returned. Raises what the script raises."""
    path = os.path.join(directory, FILE)
    with open(path, "wb") as file:
        file.write(source)
    spec = importlib.util.spec_from_file_location(NAME, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[NAME] = module
    sys.argv = [FILE]
    remember(source)
    exec(compile(source, FILE, "exec", dont_inherit=True), module.__dict__)
    return module


def forget(directory, bundle):
    """Takes back what prepare() and load() did, when nothing was made beside it."""
    del sys.modules[NAME], linecache.cache[FILE], sys.path[-3:]
    os.remove(os.path.join(directory, FILE))
    os.rmdir(bundle)


def remember(source):
    """Lets tracebacks show the script's lines wherever it changes its directory to, and if it removes its file."""
    try:
        text = importlib.util.decode_source(source)
    except (SyntaxError, UnicodeDecodeError):
        text = source.decode("utf-8", "replace")
    linecache.cache[FILE] = (len(text), None, text.splitlines(keepends=True), FILE)


def flush(module):
    """Files that the script left open in its global variables get what was written to them."""
    for value in list(vars(module).values()):
        try:
            if isinstance(value, io.IOBase):
                value.flush()
        except Exception:  # its own trouble, if it has any, was raised where it wrote
            continue
