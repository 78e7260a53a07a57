# SPDX-License-Identifier: Apache-2.0
"""matplotlib: names and keywords that are gone, and what only looks as if it still meant the same."""
import functools
import importlib
import sys
import types

import numpy as np

from quern.legacy.calls import Word, adapt, dropped, renamed
from quern.legacy.gone import USES, Gone, told

PLOT, AXES, FIGURE = "matplotlib.pyplot", "matplotlib.axes._base._AxesBase", "matplotlib.figure.Figure"
SINCE = {name: f"matplotlib {name}" for name in ("2.2", "3.0", "3.1", "3.3", "3.6", "3.7", "3.8", "3.9")}


def density(kwargs, value):
    kwargs.setdefault("density", bool(value))


NORMED = Word(SINCE["3.1"], "density=", density)
BACKGROUND = renamed(SINCE["2.2"], "facecolor")
LISTED = {
    ("hist", "hist2d"): {"normed": NORMED},
    ("add_subplot", "add_axes", "subplot", "axes"): {"axisbg": BACKGROUND, "axis_bgcolor": BACKGROUND},
    ("boxplot",): {"labels": renamed("matplotlib 3.11", "tick_labels")},
    ("annotate",): {"s": renamed(SINCE["3.3"], "text")},
    ("bar",): {"left": renamed(SINCE["3.0"], "x")},
    ("barh",): {"bottom": renamed(SINCE["3.0"], "y")},
    ("grid",): {"b": renamed(SINCE["3.7"], "visible")},
    ("plot", "scatter", "fill_between", "bar", "text"): {"axes": dropped("matplotlib 3.6", "ax.plot(), or the call without it")},
    ("use",): {"warn": dropped(SINCE["3.3"])},
    ("savefig",): {"frameon": dropped(SINCE["3.3"]), "papertype": dropped("matplotlib 3.5")},
}
WORDS = {(name, old): word for names, words in LISTED.items() for name in names for old, word in words.items()}
SPECIAL = {("gca", "projection"): Gone(SINCE["3.6"], "plt.subplot(projection=)")}
MODULES, GONE = {}, {}


# ---- names ----


def nothing(*args, **kwargs):
    """A state that is no more: what is drawn is always added."""


def colours(axes, clist):
    axes.set_prop_cycle(color=clist) if clist is not None else axes.set_prop_cycle(None)


def normpdf(x, mu, sigma):
    return np.exp(-0.5 * ((np.asarray(x) - mu) / sigma) ** 2) / (np.sqrt(2 * np.pi) * sigma)


def bivariate_normal(X, Y, sigmax=1.0, sigmay=1.0, mux=0.0, muy=0.0, sigmaxy=0.0):
    rho = sigmaxy / (sigmax * sigmay)
    dx, dy = (X - mux) / sigmax, (Y - muy) / sigmay
    return np.exp(-(dx ** 2 + dy ** 2 - 2 * rho * dx * dy) / (2 * (1 - rho ** 2))) / (
        2 * np.pi * sigmax * sigmay * np.sqrt(1 - rho ** 2))


def prctile(x, p=(0.0, 25.0, 50.0, 75.0, 100.0)):
    return np.percentile(np.ravel(x), p)


def gone(holder, name, since, now, make):
    GONE[holder, name] = Gone(since, now, make)


for holder in (PLOT, AXES, FIGURE):
    for name, value in (("hold", nothing), ("ishold", lambda *args: True)):
        gone(holder, name, SINCE["3.0"], "the code without it: what is drawn is always added",
             (lambda value=value: value) if holder == PLOT else value)
gone(AXES, "set_axis_bgcolor", SINCE["2.2"], ".set_facecolor()", lambda axes, color: axes.set_facecolor(color))
gone(AXES, "get_axis_bgcolor", SINCE["2.2"], ".get_facecolor()", lambda axes: axes.get_facecolor())
gone(AXES, "set_color_cycle", SINCE["3.0"], ".set_prop_cycle(color=)", colours)
for axis in "xyz":
    gone("mpl_toolkits.mplot3d.axes3d.Axes3D", f"w_{axis}axis", SINCE["3.8"], f".{axis}axis",
         property(lambda axes, axis=axis: getattr(axes, f"{axis}axis")))
for name, make in (("normpdf", normpdf), ("bivariate_normal", bivariate_normal), ("prctile", prctile)):
    gone("matplotlib.mlab", name, SINCE["3.1"], "scipy.stats" if name != "prctile" else "numpy.percentile()",
         lambda make=make: make)
gone("matplotlib.cm", "spectral", SINCE["2.2"], "matplotlib.cm.nipy_spectral",
     lambda: importlib.import_module("matplotlib.cm").nipy_spectral)
gone("matplotlib.cm", "get_cmap", SINCE["3.9"], "matplotlib.pyplot.get_cmap()",
     lambda: importlib.import_module(PLOT).get_cmap)
for name in ("style", "pyplot", "cm", "mlab"):  # a module that another one loaded, once
    gone("matplotlib", name, "matplotlib 3", f"import matplotlib.{name}",
         lambda name=name: importlib.import_module(f"matplotlib.{name}"))
HANDLES = Gone(SINCE["3.9"], ".legend_handles", property(lambda legend: legend.legend_handles))


# ---- what is called differently ----


def changed(module):
    name = module.__name__
    if name in ("matplotlib", PLOT):
        mend_functions(module)
    elif name in ("matplotlib.axes._axes", "matplotlib.axes._base", "matplotlib.figure"):
        for holder in [value for value in vars(module).values() if isinstance(value, type) and value.__module__ == name]:
            mend_functions(holder)
    elif name == "matplotlib.style":
        module.use = with_styles(module.use, module.library)
    elif name == "matplotlib.legend" and sys.modules["matplotlib"].__version_info__ >= (3, 9):
        module.Legend.legendHandles = told("Legend.legendHandles", HANDLES)
    elif name == "mpl_toolkits.mplot3d.axes3d":
        module.Axes3D.__init__ = added(module.Axes3D.__init__)


def mend_functions(holder):
    for name in {name for name, _ in WORDS} | set(WRAPPERS):
        function = vars(holder).get(name)
        if isinstance(function, types.FunctionType):
            words = {old: word for (one, old), word in WORDS.items() if one == name}
            setattr(holder, name, WRAPPERS.get(name, plain)(adapt(function, name, words, "matplotlib 3.6")))


def plain(function):
    return function


def with_projection(gca):
    """gca(projection="3d") made the axes."""
    @functools.wraps(gca)
    def call(*figure, **kwargs):
        if not kwargs:
            return gca(*figure)
        USES.use("keywords of gca()", SPECIAL["gca", "projection"])
        place = figure[0] if figure else importlib.import_module(PLOT).gcf()
        return place.add_subplot(**kwargs)

    return call


SWITCHES = {"on": True, "off": False}


def with_switches(tick_params):
    """'off' is true today, without a word."""
    @functools.wraps(tick_params)
    def call(*args, **kwargs):
        for name, value in kwargs.items():
            if isinstance(value, str) and value in SWITCHES:
                USES.use(f"'{value}' of tick_params()", Gone(SINCE["3.3"], f"{SWITCHES[value]}"))
                kwargs[name] = SWITCHES[value]
        return tick_params(*args, **kwargs)

    return call


WRAPPERS = {"gca": with_projection, "tick_params": with_switches}


def with_styles(use, library):
    """The styles of seaborn have another name."""
    def today(name):
        new = f"seaborn-v0_8{name.removeprefix('seaborn')}" if isinstance(name, str) and name.startswith("seaborn") else name
        if new is name or name in library or new not in library:
            return name
        USES.use(f"the style '{name}'", Gone(SINCE["3.8"], f"'{new}'"))
        return new

    @functools.wraps(use)
    def call(style):
        return use([today(one) for one in style] if isinstance(style, (list, tuple)) else today(style))

    return call


def added(init):
    """Axes3D(figure) was drawn; since matplotlib 3.7 only what add_axes() was told of is."""
    @functools.wraps(init)
    def call(axes, figure, *args, **kwargs):
        init(axes, figure, *args, **kwargs)
        if sys._getframe(1).f_globals.get("__name__", "").startswith("matplotlib"):
            return
        if axes not in figure.axes:
            USES.use("Axes3D(figure)", Gone(SINCE["3.7"], "figure.add_subplot(projection='3d')"))
            figure.add_axes(axes)

    return call
