# SPDX-License-Identifier: Apache-2.0
"""Modules of the libraries: mended once they are loaded, made when they are gone."""
import importlib.util
import sys
import types

from quern.legacy.gone import USES, told


def mend(module, part):
    """What is gone from this module and from its classes, and what is called differently."""
    gone = {name: one for (holder, name), one in part.GONE.items() if holder == module.__name__}
    if gone:
        give(module, gone)
    for (holder, name), one in part.GONE.items():
        place, _, owner = holder.rpartition(".")
        if place == module.__name__ and isinstance(vars(module).get(owner), type):
            put(vars(module)[owner], name, one)
    part.changed(module)


def give(module, gone):
    """Attributes of a module that it has not, and does not make itself when it is asked for them (PEP 562)."""
    own = vars(module).get("__getattr__")
    library = module.__name__.partition(".")[0]

    def __getattr__(name):
        try:
            if own is not None:
                return own(name)
        except AttributeError:
            if name not in gone or asked_by(library):
                raise
        if name not in gone or asked_by(library):
            raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}", name=name, obj=module)
        USES.use(f"{module.__name__}.{name}", gone[name])
        return gone[name].make()

    module.__getattr__ = __getattr__


def asked_by(library):
    """A library may look whether something is there, to know how new it is itself."""
    caller = sys._getframe(2)
    while caller is not None and caller.f_globals.get("__name__", "").startswith("importlib."):
        caller = caller.f_back
    return caller is not None and caller.f_globals.get("__name__", "").partition(".")[0] == library


def put(owner, name, gone):
    """A method or property into a class that lacks it."""
    if hasattr(owner, name):
        return
    try:
        setattr(owner, name, told(f"{owner.__name__}.{name}", gone))
    except TypeError:  # a type of C takes none
        return


class Loading:
    """Finds what Python finds, and has it mended."""

    def __init__(self, parts):
        self.parts, self.looking = parts, set()

    def find_spec(self, name, path=None, target=None):
        part = self.parts.get(name.partition(".")[0])
        if part is None or name in self.looking:
            return None
        self.looking.add(name)
        try:
            spec = elsewhere(self, name, path)
        finally:
            self.looking.discard(name)
        if spec is not None and hasattr(spec.loader, "exec_module"):
            spec.loader = Mending(spec.loader, part)
        return spec


def elsewhere(self, name, path):
    """What the finders behind us find."""
    for finder in sys.meta_path[sys.meta_path.index(self) + 1:]:
        spec = finder.find_spec(name, path)
        if spec is not None:
            return spec
    return None


class Mending:
    """A loader around another one."""

    def __init__(self, loader, part):
        self.loader, self.part = loader, part

    def __getattr__(self, name):
        return getattr(self.loader, name)

    def create_module(self, spec):
        return self.loader.create_module(spec)

    def exec_module(self, module):
        self.loader.exec_module(module)
        if isinstance(module, types.ModuleType):
            mend(module, self.part)


class Removed:
    """Makes the modules that are gone. It comes last: what is there is taken."""

    def __init__(self, parts):
        self.parts = parts

    def find_spec(self, name, path=None, target=None):
        part = self.parts.get(name.partition(".")[0])
        gone = part and part.MODULES.get(name)
        return importlib.util.spec_from_loader(name, Remade(gone), is_package=True) if gone else None


class Remade:
    """Loads a module that is gone: its names, from where they are now."""

    def __init__(self, gone):
        self.gone = gone

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        USES.use(module.__name__, self.gone)
        vars(module).update(self.gone.make())
