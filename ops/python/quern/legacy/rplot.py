# SPDX-License-Identifier: Apache-2.0
"""`pandas.tools.rplot`, gone since pandas 0.18: plots of layers, one for each pair of values of two columns.

    plot = RPlot(frame, x="a", y="b")
    plot.add(TrellisGrid(["row column", "."]))     "." stands for none
    plot.add(GeomScatter())                        further Geom...: drawn in each cell, in their order
    plot.render(figure)                            the current figure when none is given

A colour, size, shape or alpha is a value, or a Scale... of a column. Source: pandas 0.17, "Trellis plotting interface"."""
import itertools
import random

import numpy as np

COLOUR, SIZE, SHAPE, ALPHA = "grey", 25, "o", 1.0
SHAPES = "o+*^vsxd"


class RPlot:
    def __init__(self, data, x=None, y=None):
        self.data, self.x, self.y = data, x, y
        self.grid, self.layers = TrellisGrid([".", "."]), []

    def add(self, layer):
        if isinstance(layer, TrellisGrid):
            self.grid = layer
        else:
            self.layers.append(layer)

    def render(self, fig=None):
        import matplotlib.pyplot as plt

        fig = fig or plt.gcf()
        for axes, cell in self.grid.cells(fig, self.data):
            for layer in self.layers:
                layer.draw(axes, cell, self)
            axes.set_xlabel(self.x)
            if self.y is not None:
                axes.set_ylabel(self.y)
        return fig


class TrellisGrid:
    def __init__(self, by):
        if len(by) != 2:
            raise ValueError("You must give a list of length 2 to group by")
        self.by = by

    def cells(self, figure, data):
        """[(axes, the frame's part)], in rows."""
        rows, columns = (self.values(data, name) for name in self.by)
        made = None
        for number, (row, column) in enumerate(itertools.product(rows, columns)):
            chosen = {name: value for name, value in zip(self.by, (row, column)) if name != "."}
            part = data
            for name, value in chosen.items():
                part = part[part[name] == value]
            made = figure.add_subplot(len(rows), len(columns), number + 1, sharex=made, sharey=made)
            made.set_title(", ".join(f"{name}={value}" for name, value in chosen.items()), fontsize="small")
            yield made, part

    @staticmethod
    def values(data, name):
        return [None] if name == "." else sorted(data[name].dropna().unique())


# ---- scales: a value for each row ----


class Scale:
    def __init__(self, column):
        self.column = column

    def of(self, part, whole):
        """One value for each row of the part; the scale is that of the whole frame."""
        raise NotImplementedError

    def share(self, part, whole):
        """Between 0 and 1."""
        low, high = whole[self.column].min(), whole[self.column].max()
        return ((part[self.column] - low) / ((high - low) or 1)).to_numpy(dtype=float)


class ScaleGradient(Scale):
    def __init__(self, column, colour1, colour2):
        super().__init__(column)
        self.colours = np.array([colour1, colour2], dtype=float)

    def of(self, part, whole):
        count = len(self.colours) - 1
        share = self.share(part, whole) * count
        return [[np.interp(one, range(count + 1), self.colours[:, band]) for band in range(3)] for one in share]


class ScaleGradient2(ScaleGradient):
    def __init__(self, column, colour1, colour2, colour3):
        Scale.__init__(self, column)
        self.colours = np.array([colour1, colour2, colour3], dtype=float)


class ScaleSize(Scale):
    def __init__(self, column, min_size=5.0, max_size=100.0, transform=lambda size: size):
        super().__init__(column)
        self.low, self.high, self.transform = min_size, max_size, transform

    def of(self, part, whole):
        return [self.transform(self.low + one * (self.high - self.low)) for one in self.share(part, whole)]


class OfEach(Scale):
    """One value for each value of a column."""

    def of(self, part, whole):
        kinds = {kind: self.pick(number) for number, kind in enumerate(sorted(whole[self.column].dropna().unique()))}
        return [kinds.get(kind) for kind in part[self.column]]


class ScaleShape(OfEach):
    def pick(self, number):
        if number >= len(SHAPES):
            raise ValueError("Too many different values of the categorical attribute for ScaleShape")
        return SHAPES[number]


class ScaleRandomColour(OfEach):
    def pick(self, number):
        chosen = random.Random(number)
        return [chosen.uniform(0.1, 0.9) for _ in range(3)]


# ---- what is drawn in a cell ----


def looks(value, part, whole):
    """One value for each row."""
    return value.of(part, whole) if isinstance(value, Scale) else [value] * len(part)


class GeomPoint:
    def __init__(self, x=None, y=None, colour=COLOUR, shape=SHAPE, size=SIZE, alpha=ALPHA):
        self.x, self.y = x, y
        self.colour, self.shape, self.size, self.alpha = (
            default if value is None else value
            for value, default in ((colour, COLOUR), (shape, SHAPE), (size, SIZE), (alpha, ALPHA)))

    def draw(self, axes, part, plot):
        if part.empty:
            return
        x, y = part[self.x or plot.x].to_numpy(), part[self.y or plot.y].to_numpy()
        colours, shapes, sizes, alphas = (looks(one, part, plot.data) for one in (self.colour, self.shape, self.size, self.alpha))
        for shape, alpha in dict.fromkeys(zip(shapes, alphas)):
            rows = [number for number, pair in enumerate(zip(shapes, alphas)) if pair == (shape, alpha)]
            axes.scatter(x[rows], y[rows], c=[colours[row] for row in rows], s=[sizes[row] for row in rows], marker=shape, alpha=alpha)


class GeomScatter(GeomPoint):
    def __init__(self, marker="o", colour="lightblue", alpha=1.0):
        super().__init__(colour=colour, shape=marker, alpha=alpha)


class GeomPolyFit:
    def __init__(self, degree, lw=2.0, colour="grey"):
        self.degree, self.width, self.colour = degree, lw, colour

    def draw(self, axes, part, plot):
        points = part[[plot.x, plot.y]].dropna().to_numpy(dtype=float)
        if len(points) == 0:
            return
        fit = np.poly1d(np.polyfit(points[:, 0], points[:, 1], self.degree))
        x = np.linspace(points[:, 0].min(), points[:, 0].max(), 100)
        axes.plot(x, fit(x), lw=self.width, color=self.colour)


class GeomHistogram:
    def __init__(self, bins=10, colour="lightblue"):
        self.bins, self.colour = bins, colour

    def draw(self, axes, part, plot):
        axes.hist(part[plot.x].dropna(), self.bins, facecolor=self.colour)


class GeomDensity:
    def draw(self, axes, part, plot):
        from scipy.stats import gaussian_kde

        x = part[plot.x].dropna().to_numpy(dtype=float)
        if len(set(x)) > 1:
            at = np.linspace(x.min(), x.max(), 100)
            axes.plot(at, gaussian_kde(x)(at))


class GeomDensity2D:
    def __init__(self, weight=1.0, colour=None, nlevels=7):
        self.width, self.colour, self.levels = weight, colour, nlevels

    def draw(self, axes, part, plot):
        from scipy.stats import gaussian_kde

        points = part[[plot.x, plot.y]].dropna().to_numpy(dtype=float).T
        if points.shape[1] <= 2:
            return
        x, y = (np.linspace(one.min(), one.max(), 100) for one in points)
        where = np.array([one.ravel() for one in np.meshgrid(x, y)])
        axes.contour(x, y, gaussian_kde(points)(where).reshape(100, 100), self.levels, colors=self.colour, linewidths=self.width)
