# SPDX-License-Identifier: Apache-2.0
"""matplotlib without a screen: asking for a window gives Agg instead of an error."""
import functools
import importlib.util
import sys

# matplotlib's own list moved between its versions.
WINDOWS = {"gtk3agg", "gtk3cairo", "gtk4agg", "gtk4cairo", "ipympl", "macosx", "nbagg", "notebook", "qt4agg", "qt4cairo",
           "qt5agg", "qt5cairo", "qtagg", "qtcairo", "tkagg", "tkcairo", "webagg", "widget", "wx", "wxagg", "wxcairo"}


def tame(matplotlib):
    """matplotlib.use("TkAgg") and its like choose Agg."""
    original = matplotlib.use

    @functools.wraps(original)
    def use(backend, *args, **kwargs):
        return original(shown(backend), *args, **kwargs)

    matplotlib.use = use
    known = matplotlib.rcsetup._validators
    check = known["backend"]
    known["backend"] = lambda backend: check(shown(backend))


def shown(backend):
    """The name of a back end that needs no screen."""
    return "agg" if isinstance(backend, str) and backend.lower() in WINDOWS else backend


def tame_pyplot(pyplot):
    """plt.switch_backend(), likewise."""
    original = pyplot.switch_backend

    @functools.wraps(original)
    def switch_backend(newbackend):
        return original(shown(newbackend))

    pyplot.switch_backend = switch_backend


TAMED = {"matplotlib": tame, "matplotlib.pyplot": tame_pyplot}


class Finder:
    """Finds matplotlib where Python finds it, and tames it once it is loaded."""

    looking = set(TAMED)

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name not in cls.looking:
            return None
        cls.looking.discard(name)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def exec_module(module):
                load(module)
                TAMED[name](module)

            spec.loader.exec_module = exec_module
        return spec


def watch():
    """Tames matplotlib now or when the script imports it, which is when it looks at MPLBACKEND."""
    for name, change in TAMED.items():
        if name in sys.modules:
            change(sys.modules[name])
            Finder.looking.discard(name)
    if "matplotlib" in sys.modules:
        sys.modules["matplotlib"].rcParams["backend"] = "Agg"
    if Finder.looking:
        sys.meta_path.insert(0, Finder)
