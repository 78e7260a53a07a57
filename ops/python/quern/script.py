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
KEPT = ("outputs", "logs")  # directories whose files are kept with the job
OPEN = []  # descriptor of the file, until the script is written to it
FIRST = {}  # the module's names before the script has any


def bundle(directory):
    return os.path.join(directory, BUNDLE)


def prepare(directory):
    """Before the script is known. Makes the directories that a script may count on, and puts `Script Bundle`, its `src` and
    the work directory at the end of the import path; makes the module and the file, which are empty."""
    place = bundle(directory)
    for name in (BUNDLE, *KEPT):
        os.makedirs(os.path.join(directory, name), exist_ok=True)
    sys.path += [directory, place, os.path.join(place, "src")]
    sys.argv = [FILE]
    sys.modules[NAME] = empty(directory)
    FIRST.update(vars(sys.modules[NAME]))
    sys.modules["__main__"].__getattr__ = as_main
    open_file(directory)


def as_main(name):
    """At one's desk the script is `__main__`, and what was pickled there says so: `__main__` has the script's names, too."""
    if name.startswith("__") or NAME not in sys.modules:
        raise AttributeError(f"module '__main__' has no attribute {name!r}", name=name, obj=sys.modules["__main__"])
    return getattr(sys.modules[NAME], name)


def empty(directory):
    spec = importlib.util.spec_from_file_location(NAME, os.path.join(directory, FILE))
    return importlib.util.module_from_spec(spec)


def load(source):
    """Runs the text (bytes) as a module, which is returned. Raises what the script raises."""
    module = sys.modules[NAME]
    write(OPEN.pop(), source)
    remember(source)
    exec(compile(source, FILE, "exec", dont_inherit=True), module.__dict__)
    return module


def open_file(directory):
    OPEN.append(os.open(os.path.join(directory, FILE), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600))


def write(fd, source):
    """All of it; closes `fd`."""
    try:
        while source:
            source = source[os.write(fd, source):]  # nothing is left, as a rule
    finally:
        os.close(fd)


def forget(directory):
    """Takes back what load() did."""
    vars(sys.modules[NAME]).clear()
    vars(sys.modules[NAME]).update(FIRST)
    del linecache.cache[FILE]
    open_file(directory)


class Remembered(tuple):
    """linecache's entry of a script: its third part is the lines, made of the text (bytes) when somebody wants to see one."""

    def __getitem__(self, place):
        return lines(self) if place == 2 else tuple.__getitem__(self, place)


def remember(source):
    """Lets tracebacks show the script's lines wherever it changes its directory to, and if it removes its file."""
    linecache.cache[FILE] = Remembered((len(source), None, source, FILE))


def lines(entry):
    size, time, source, name = entry
    try:
        text = importlib.util.decode_source(source)
    except (SyntaxError, UnicodeDecodeError):
        text = source.decode("utf-8", "replace")
    linecache.cache[name] = (size, time, text.splitlines(keepends=True), name)
    return linecache.cache[name][2]


def flush(module):
    """Files that the script left open in its global variables get what was written to them."""
    for value in list(vars(module).values()):
        try:
            if isinstance(value, io.IOBase):
                value.flush()
        except Exception:  # its own trouble, if it has any, was raised where it wrote
            continue
