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
        return original("agg" if str(backend).lower() in WINDOWS else backend, *args, **kwargs)

    matplotlib.use = use


class Finder:
    """Finds matplotlib where Python finds it, and tames it once it is loaded."""

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name != "matplotlib":
            return None
        sys.meta_path.remove(cls)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def exec_module(module):
                load(module)
                tame(module)

            spec.loader.exec_module = exec_module
        return spec


def watch():
    """Tames matplotlib now or when the script imports it, which is when it looks at MPLBACKEND."""
    loaded = sys.modules.get("matplotlib")
    if loaded is not None:
        tame(loaded)
        loaded.rcParams["backend"] = "Agg"
    else:
        sys.meta_path.insert(0, Finder)
