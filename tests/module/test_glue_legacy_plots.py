# SPDX-License-Identifier: Apache-2.0
"""What matplotlib and pandas' plotting removed: with `legacy` it draws what it drew."""
import pytest

from glue_job import run
from legacy_pairs import FRAME

# Each draws on an empty figure; then a condition that holds.
PLOTS = [
    ("plt.hist([1, 2, 3], bins=3, normed=True)", "abs(sum(bar.get_height() for bar in ax().patches) * 2 / 3 - 1) < 1e-9"),
    ("fig.add_subplot(111, axisbg='red')", "ax().get_facecolor()[:3] == (1, 0, 0)"),
    ("ax().set_axis_bgcolor('red')", "ax().get_facecolor()[:3] == (1, 0, 0)"),
    ("plt.plot([1, 2]); plt.hold(True); plt.plot([2, 1])", "len(ax().lines) == 2"),
    ("fig.gca(projection='3d').scatter([1], [2], [3])", "ax().name == '3d'"),
    ("from mpl_toolkits.mplot3d import Axes3D; Axes3D(fig).scatter([1], [2], [3])", "[one.name for one in fig.axes] == ['3d']"),
    ("plt.annotate(s='here', xy=(0, 0))", "ax().texts[0].get_text() == 'here'"),
    ("plt.bar(left=[1, 2], height=[3, 4])", "[bar.get_height() for bar in ax().patches] == [3, 4]"),
    ("plt.plot([1, 2], [3, 4], axes=ax(), color='red')", "ax().lines[0].get_color() == 'red'"),
    ("plt.grid(b=False)", "True"),
    ("plt.boxplot([[1, 2], [3, 4]], labels=['a', 'b'])", "[label.get_text() for label in ax().get_xticklabels()] == ['a', 'b']"),
    ("plt.tick_params(labelbottom='off')", "not any(label.get_visible() for label in ax().get_xticklabels())"),
    ("ax().set_color_cycle(['red', 'blue']); plt.plot([1]); plt.plot([2])", "[line.get_color() for line in ax().lines] == ['red', 'blue']"),
    ("plt.style.use('seaborn-whitegrid')", "True"),
    ("import matplotlib; matplotlib.style.use('ggplot')", "True"),
    ("import matplotlib; matplotlib.use('TkAgg', warn=False)", "True"),
    ("from matplotlib import mlab; plt.plot(mlab.normpdf([0.0], 0, 1))", "abs(ax().lines[0].get_ydata()[0] - 0.3989422804) < 1e-9"),
    ("plt.scatter([1], [2], c=[1], cmap=plt.cm.get_cmap('jet'))", "True"),
    ("plt.plot([1], label='a'); plt.legend().legendHandles[0]", "True"),
    ("plt.cm.spectral(0.5)", "True"),
    ("pd.DataFrame({'a': [1, 2, 3]}).hist(normed=True)", "ax().patches"),
    ("plot(['k', '.'], rplot.GeomScatter(alpha=0.5), rplot.GeomPolyFit(degree=1))",
     "[one.get_title() for one in fig.axes] == ['k=a', 'k=b', 'k=c'] and [len(one.collections) for one in fig.axes] == [1, 1, 1]"),
    ("plot(['k', 'x'], rplot.GeomHistogram(), rplot.GeomDensity(), rplot.GeomDensity2D())", "len(fig.axes) == 15"),
    ("plot(['.', 'k'], rplot.GeomPoint(size=rplot.ScaleSize('x'), shape=rplot.ScaleShape('k'), colour=rplot.ScaleRandomColour('k')))",
     "len(fig.axes) == 3"),
    ("plot(['.', 'k'], rplot.GeomPoint(colour=rplot.ScaleGradient2('x', (0, 0, 1), (0, 1, 0), (1, 0, 0))))", "len(fig.axes) == 3"),
]
DRAW = """
import traceback
import matplotlib.pyplot as plt
import pandas.tools.rplot as rplot
def azureml_main(d):
    d = d.fillna(0)
    def drawn(text, condition):
        fig = plt.figure()
        def plot(by, *layers):
            made = rplot.RPlot(d, x="x", y="y")
            for layer in (rplot.TrellisGrid(by), *layers):
                made.add(layer)
            return made.render(fig)
        known = {**globals(), "fig": fig, "ax": fig.gca, "plot": plot}
        try:
            exec(text, known)
            fig = known["fig"] = plt.gcf()
            known["ax"] = fig.gca
            fig.canvas.draw()
            return "good" if eval(condition, known) else "what it drew is something else"
        except Exception:
            return traceback.format_exc()
        finally:
            plt.close("all")
            plt.rcdefaults()
    return pd.DataFrame({"made": [drawn(*case) for case in CASES]})
"""


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    job = run(tmp_path_factory.mktemp("plots"), f"import warnings\nwarnings.simplefilter('ignore')\nimport pandas as pd\nCASES = {PLOTS!r}\n{DRAW}",
              [FRAME], legacy=True)
    assert job.raised is None, job.err
    return dict(zip([text for text, _ in PLOTS], job.results[1]["made"]))


@pytest.mark.parametrize("text", [text for text, _ in PLOTS])
def test_m_draws_what_it_drew(drawn, text):
    assert drawn[text] == "good", drawn[text]
