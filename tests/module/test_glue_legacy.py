# SPDX-License-Identifier: Apache-2.0
"""What the libraries removed: with `legacy` it gives what its modern form gives, and is named once; without it the failure
says so. The same under each pandas."""
import pandas as pd
import pytest

from glue_job import run
from legacy_pairs import FRAME, HEAD, pairs

# old form, modern form. `d` is the frame.
PANDAS = [
    ("d.ix[1]", "d.loc[1]"),
    ("d.ix[1:3, ['x', 'y']]", "d.loc[1:3, ['x', 'y']]"),
    ("d.ix[d.x > 2, 'y']", "d.loc[d.x > 2, 'y']"),
    ("d.ix[:, 1]", "d.iloc[:, 1]"),
    ("lettered(d).ix[1:3, 0:2]", "lettered(d).iloc[1:3, 0:2]"),
    ("lettered(d).ix['q':'s', 'x']", "lettered(d).loc['q':'s', 'x']"),
    ("lettered(d).ix[-1]", "lettered(d).iloc[-1]"),
    ("d.x.ix[2]", "d.x.loc[2]"),
    ("d.ix[[1, 7], ['x']]", "d[['x']].reindex([1, 7])"),
    ("d[['x', 'y']].as_matrix().tolist()", "d[['x', 'y']].to_numpy().tolist()"),
    ("d.append(d, ignore_index=True)", "pd.concat([d, d], ignore_index=True)"),
    ("d.append({'k': 'z', 'x': 9, 'y': 0.5}, ignore_index=True)",
     "pd.concat([d, pd.DataFrame({'k': ['z'], 'x': [9], 'y': [0.5]})], ignore_index=True)"),
    ("pd.DataFrame(columns=['a', 'b']).append({'a': 1, 'b': 'q'}, ignore_index=True)", "pd.DataFrame({'a': [1], 'b': ['q']})"),
    ("d.x.append(d.x)", "pd.concat([d.x, d.x])"),
    ("d.sort('x', ascending=False)", "d.sort_values('x', ascending=False)"),
    ("d.sort(['k', 'x'])", "d.sort_values(['k', 'x'])"),
    ("d.y.order(ascending=False)", "d.y.sort_values(ascending=False)"),
    ("d.sort_index(by='k')", "d.sort_values('k')"),
    ("d.drop('x', 1)", "d.drop('x', axis=1)"),
    ("d.dropna(0)", "d.dropna(axis=0)"),
    ("d.fillna(method='ffill')", "d.ffill()"),
    ("d.y.fillna(method='bfill')", "d.y.bfill()"),
    ("[name for name, _ in d.iteritems()]", "[name for name, _ in d.items()]"),
    ("d.mean()", "d.mean(numeric_only=True)"),
    ("d.corr()", "d.corr(numeric_only=True)"),
    ("d.assign(t='q').groupby('k').mean()", "d.assign(t='q').groupby('k').mean(numeric_only=True)"),
    ("d.groupby('k')['x', 'y'].sum()", "d.groupby('k')[['x', 'y']].sum()"),
    ("d.groupby('k').x.agg({'lo': 'min', 'hi': 'max'})", "d.groupby('k').x.agg(lo='min', hi='max')"),
    ("d.groupby('k').agg({'x': {'lo': 'min'}})['x']", "d.groupby('k').agg(lo=('x', 'min'))"),
    ("pd.rolling_mean(d.x, 2)", "d.x.rolling(2).mean()"),
    ("pd.rolling_std(d.x, window=3, min_periods=2)", "d.x.rolling(3, min_periods=2).std()"),
    ("pd.rolling_apply(d.x, 2, lambda a: a[0])", "d.x.rolling(2).apply(lambda a: a[0], raw=True)"),
    ("pd.rolling_corr(d.x, d.y, 3)", "d.x.rolling(3).corr(d.y)"),
    ("pd.expanding_sum(d.x)", "d.x.expanding().sum()"),
    ("pd.ewma(d.x, span=3)", "d.x.ewm(span=3, min_periods=0).mean()"),
    ("pd.DataFrame({'n': ['1', 'q']}).convert_objects(convert_numeric=True)", "pd.DataFrame({'n': [1.0, None]})"),
    ("d.get_value(1, 'x')", "d.at[1, 'x']"),
    ("d.set_value(1, 'x', 9)", "d.assign(x=[1, 9, 3, 4, 5])"),
    ("d.lookup([0, 1], ['x', 'y'])", "[1.0, 2.5]"),
    ("d.x.mad()", "(d.x - d.x.mean()).abs().mean()"),
    ("d.irow(1)", "d.iloc[1]"),
    ("d.icol(1)", "d.iloc[:, 1]"),
    ("d.x.clip_upper(3)", "d.x.clip(upper=3)"),
    ("d.applymap(str)", "d.astype(object).apply(lambda column: column.map(str))"),
    ("d.reindex_axis(['y', 'x'], axis=1)", "d[['y', 'x']]"),
    ("d.rename_axis({'x': 'z'}, axis=1)", "d.rename(columns={'x': 'z'})"),
    ("d.pivot_table('x', rows='k')", "d.pivot_table('x', index='k')"),
    ("pd.crosstab(rows=d.k, cols=d.x)", "pd.crosstab(d.k, d.x)"),
    ("d.drop_duplicates(cols='k', take_last=True)", "d.drop_duplicates(subset='k', keep='last')"),
    ("d.to_csv(sep=';', line_terminator='\\n')", "d.to_csv(sep=';', lineterminator='\\n')"),
    ("d.to_dict('record')", "d.to_dict('records')"),
    ("pd.concat([d, d], 1)", "pd.concat([d, d], axis=1)"),
    ("pd.concat([d.x, d.y[:2]], axis=1, join_axes=[d.index[1:]])", "pd.concat([d.x, d.y[:2]], axis=1).loc[1:]"),
    ("pd.to_datetime(pd.Series(['2014-01-01', 'q']), coerce=True)", "pd.to_datetime(pd.Series(['2014-01-01', 'q']), errors='coerce')"),
    ("pd.to_numeric(pd.Series(['1', 'q']), errors='ignore')", "pd.Series(['1', 'q'])"),
    ("pd.date_range('2014-01-31', periods=2, freq='M')", "pd.DatetimeIndex(['2014-01-31', '2014-02-28'])"),
    ("hours().resample('D', how='sum')", "hours().resample('D').sum()"),
    ("hours().resample('12H').mean()", "hours().resample(pd.Timedelta(hours=12)).mean()"),
    ("hours().groupby(pd.TimeGrouper('D')).sum()", "hours().groupby(pd.Grouper(freq='D')).sum()"),
    ("pd.Series(pd.to_datetime(['2014-01-01'])).dt.weekday_name", "pd.Series(['Wednesday'])"),
    ("pd.Series(pd.to_datetime(['2014-01-01'])).dt.week", "pd.Series([1])"),
    ("pd.read_csv(io.StringIO('a b\\n1 2\\n'), delim_whitespace=True)", "pd.DataFrame({'a': [1], 'b': [2]})"),
    ("pd.read_csv(io.StringIO('a,b\\n1,2\\n1,2,3\\n'), error_bad_lines=False)", "pd.DataFrame({'a': [1], 'b': [2]})"),
    ("pd.read_csv(io.StringIO('a\\n1\\n'), squeeze=True)", "pd.Series([1], name='a')"),
    ("pd.DataFrame.from_items([('a', [1]), ('b', [2])])", "pd.DataFrame({'a': [1], 'b': [2]})"),
    ("pd.MultiIndex(levels=[['a'], [1]], labels=[[0], [0]]).labels", "pd.MultiIndex(levels=[['a'], [1]], codes=[[0], [0]]).codes"),
    ("pd.datetime(2014, 1, 2)", "datetime.datetime(2014, 1, 2)"),
    ("pd.np.arange(3)", "np.arange(3)"),
    ("pd.Int64Index([3, 4])", "pd.Index([3, 4])"),
    ("[list(part) for part in pd.Series(['a b', 'c d e']).str.split(' ', n=1).str]", "[['a', 'c'], ['b', 'd e']]"),
    ("d[['x', 'y']] < d[['x']].mean()", "pd.DataFrame({'x': d.x < 3, 'y': False})"),
    ("(d < d.quantile(0.25)).any(axis=1)", "(d.x < 2) | (d.y < 2.25)"),
    ("[d.groupby('k').x.mean()[1], d.iloc[0][2], d.x.describe()[[0, -1]].sum()]", "[3.5, 1.5, 10.0]"),
    ("placed(d.groupby('k').x.mean())", "pd.Series([9.0, 3.5, 3.0], pd.Index(['a', 'b', 'c'], name='k'), name='x')"),
    ("pd.Series([1.5], [2.0])[2]", "1.5"),
    ("pd.set_option('max_colwidth', -1, 'display.max_rows', 7) or pd.get_option('display.max_rows')", "7"),
]
NUMPY = [
    ("np.float(3)", "float(3)"), ("np.array([1, 2], dtype=np.int)", "np.array([1, 2])"), ("np.product([2, 3])", "np.prod([2, 3])"),
    ("[np.NaN, np.Inf]", "[np.nan, np.inf]"), ("np.float_(2)", "np.float64(2)"), ("np.asscalar(np.array([3]))", "3"),
    ("np.alltrue([True, False])", "np.all([True, False])"), ("np.in1d([1, 2], [2])", "np.isin([1, 2], [2])"),
]

SCIKIT_HEAD = """import pickle
import sklearn.cross_validation, sklearn.grid_search, sklearn.model_selection, sklearn.preprocessing
from sklearn.base import clone
from sklearn.ensemble import AdaBoostClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.grid_search import GridSearchCV
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge, RidgeClassifier
from sklearn.metrics import mean_squared_error
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeRegressor
X, y = [[i, i % 3] for i in range(12)], [i % 2 for i in range(12)]
def ridge(alpha, **more): return Ridge(alpha=alpha, **more).fit(X, y)
def norms(): return np.linalg.norm(np.array(X) - np.mean(X, axis=0), axis=0)
def lasso_of_norms(alpha): return Lasso(alpha=alpha).fit((np.array(X) - np.mean(X, axis=0)) / norms(), y).coef_ / norms()
def penalized(alpha):
    # In closed form: (Z'Z + alpha)^-1 Z'y of centred columns over their norms, then back; the intercept last.
    means = np.mean(X, axis=0)
    Z = (np.array(X) - means) / norms()
    coef = np.linalg.solve(Z.T @ Z + alpha * np.eye(2), Z.T @ (np.array(y) - np.mean(y))) / norms()
    return np.append(coef, np.mean(y) - means @ coef)
"""
SCIKIT = [
    ("[list(test) for _, test in sklearn.cross_validation.KFold(6, n_folds=3)]",
     "[list(test) for _, test in sklearn.model_selection.KFold(3).split(range(6))]"),
    ("sklearn.cross_validation.cross_val_score(GaussianNB(), X, y, 'accuracy', sklearn.cross_validation.KFold(12, 3))",
     "sklearn.model_selection.cross_val_score(GaussianNB(), X, y, scoring='accuracy', cv=sklearn.model_selection.KFold(3))"),
    ("SVC(2.0, 'linear').fit(X, y).predict(X)", "SVC(C=2.0, kernel='linear').fit(X, y).predict(X)"),
    ("LogisticRegression('l2', False, 1e-4, 0.5).fit(X, y).predict(X)", "LogisticRegression(C=0.5).fit(X, y).predict(X)"),
    ("DecisionTreeRegressor(criterion='mse', random_state=0).fit(X, y).predict(X)",
     "DecisionTreeRegressor(criterion='squared_error', random_state=0).fit(X, y).predict(X)"),
    ("RandomForestClassifier(5, max_features='auto', random_state=0).fit(X, y).predict(X)",
     "RandomForestClassifier(5, max_features='sqrt', random_state=0).fit(X, y).predict(X)"),
    ("LinearRegression(normalize=True).fit(X, y).coef_.round(9)", "LinearRegression().fit(X, y).coef_.round(9)"),
    ("LinearRegression(False, True).fit(X, y).intercept_", "[0.0]"),
    ("np.round([*ridge(1.5, normalize=True).coef_, ridge(1.5, normalize=True).intercept_], 9)", "np.round(penalized(1.5), 9)"),
    ("Ridge(0.5, False, True).fit(X, y).coef_.round(9)", "Ridge(0.5, fit_intercept=False).fit(X, y).coef_.round(9)"),
    ("np.round(clone(Ridge(1.5, normalize=True)).fit(X, y).coef_, 9)", "np.round(penalized(1.5)[:-1], 9)"),
    ("pickle.loads(pickle.dumps(ridge(1.5, normalize=True))).predict([[3, 1]]).round(9)",
     "[round(penalized(1.5) @ np.array([3, 1, 1]), 9)]"),
    ("GridSearchCV(Ridge(normalize=True), {'alpha': [0.1, 9.0], 'normalize': [True, False]}, cv=3).fit(X, y).best_params_",
     "GridSearchCV(Ridge(normalize=True), {'normalize': [True, False], 'alpha': [0.1, 9.0]}, cv=3).fit(X, y).best_params_"),
    ("LinearRegression().fit(X, y).predict([3, 1]).round(9)", "LinearRegression().fit(X, y).predict([[3, 1]]).round(9)"),
    ("LinearRegression().fit([[1], [2]], [2, 4]).predict(6.5).round(9)", "[13.0]"),
    ("np.ravel(RidgeClassifier(alpha=1.5, normalize=True).fit(X, y).coef_).round(9)", "(2 * penalized(1.5)[:-1]).round(9)"),
    ("Lasso(alpha=0.01, normalize=True).fit(X, y).coef_.round(9)", "lasso_of_norms(0.01).round(9)"),
    ("sklearn.preprocessing.Imputer(missing_values='NaN', strategy='mean', axis=0).fit_transform([[1.0], [np.nan]]).ravel()",
     "[1.0, 1.0]"),
    ("OneHotEncoder(sparse=False).fit_transform([['a'], ['b']]).ravel()", "[1.0, 0.0, 0.0, 1.0]"),
    ("CountVectorizer().fit(['bb cc']).get_feature_names()", "['bb', 'cc']"),
    ("mean_squared_error([1, 2], [1, 4], squared=False)", "2 ** 0.5"),
    ("AdaBoostClassifier(base_estimator=GaussianNB(), random_state=0).fit(X, y).predict(X).shape", "(12,)"),
    ("[one.parameters for one in sklearn.grid_search.GridSearchCV(GaussianNB(), {'priors': [None]}, cv=2, iid=True)"
     ".fit(X, y).grid_scores_]", "[{'priors': None}]"),
    ("pickle.loads(pickle.dumps(sklearn.preprocessing.Imputer().fit([[1.0]]))).transform([[np.nan]]).ravel()", "[1.0]"),
    ("clone(RandomForestClassifier(7, max_features='auto')).n_estimators", "7"),
    ('sklearn.preprocessing.OneHotEncoder(categorical_features=[0]).fit_transform([[0,5],[1,6]]).toarray().tolist()',
     '[[1.0,0.0,5.0],[0.0,1.0,6.0]]'),
    ("__import__('sklearn.linear_model.logistic',fromlist=['x']).LogisticRegression", 'LogisticRegression'),
    ("sklearn.cross_validation.cross_val_score(LinearRegression(),X,y,scoring='mean_squared_error',cv=3).round(6)",
     "sklearn.model_selection.cross_val_score(LinearRegression(),X,y,scoring='neg_mean_squared_error',cv=3).round(6)"),
    ("__import__('sklearn.cluster',fromlist=['x']).KMeans(2,n_jobs=-1,precompute_distances=True,random_state=0).fit(X).labels_.shape",
     '(12,)'),
    ("__import__('sklearn.mixture',fromlist=['x']).GMM(2,random_state=0).fit(X).predict(X).shape", '(12,)'),
    ('sklearn.preprocessing.StandardScaler().fit_transform(np.array([1.,2.,3.])).ravel().round(3).tolist()',
     '[-1.225,0.0,1.225]'),
]
@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return {**pairs(tmp_path_factory.mktemp("pandas"), HEAD, PANDAS + NUMPY),
            **pairs(tmp_path_factory.mktemp("scikit"), HEAD + SCIKIT_HEAD, SCIKIT)}


@pytest.mark.parametrize("old", [old for old, _ in PANDAS + NUMPY + SCIKIT])
def test_m_gives_what_its_modern_form_gives(made, old):
    found, expected = made[old]
    assert "failed" not in expected.columns, expected
    assert "failed" not in found.columns, "\n".join(found["failed"])
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, check_names=False)


NAMES = [
    "from sklearn.cross_validation import train_test_split, KFold, StratifiedKFold, ShuffleSplit, cross_val_score",
    "from sklearn.grid_search import GridSearchCV, RandomizedSearchCV, ParameterGrid",
    "from sklearn.learning_curve import learning_curve, validation_curve",
    "from sklearn import cross_validation, grid_search",
    "import sklearn.cross_validation as cv; cv.train_test_split([1, 2, 3, 4])",
    "from sklearn.externals import joblib; joblib.dump",
    "import sklearn.externals.joblib as joblib; joblib.dump",
    "from sklearn.lda import LDA; LDA()",
    "from sklearn.metrics import plot_confusion_matrix, jaccard_similarity_score",
    "from pandas.tools.plotting import scatter_matrix, parallel_coordinates, andrews_curves",
    "from pandas.tools.merge import concat",
    "from pandas.util.testing import assert_frame_equal",
    "from pandas.io.json import json_normalize; json_normalize([{'a': 1}])",
    "from pandas import scatter_matrix, rolling_mean",
    "from numpy import float, NaN",
    "import pandas as pd; pd.options.display.mpl_style = 'default'; pd.set_option('display.height', 100)",
    "from scipy import interp, array; interp(1.5, [1, 2], [3, 4])",
    "from scipy.misc import comb; comb(4, 2)",
]
TRIED = """
import traceback
def tried(text):
    try:
        exec(text, {})
    except Exception:
        return traceback.format_exc()
    return "good"
def azureml_main():
    import pandas
    return pandas.DataFrame({"made": [tried(text) for text in CASES]})
"""


@pytest.fixture(scope="module")
def tried(tmp_path_factory):
    job = run(tmp_path_factory.mktemp("names"), f"CASES = {NAMES!r}\n{TRIED}", legacy=True)
    assert job.raised is None, job.err
    return dict(zip(NAMES, job.results[1]["made"]))


@pytest.mark.parametrize("statement", NAMES)
def test_m_names_are_found_where_they_were(tried, statement):
    assert tried[statement] == "good"


def test_m_what_was_loaded_before_is_mended(tmp_path):
    import sklearn.model_selection  # noqa: F401: the job's process has it

    job = run(tmp_path, """from sklearn.linear_model import LinearRegression
from sklearn.model_selection import cross_val_score
import pandas as pd
def azureml_main(d):
    return pd.DataFrame({"s": cross_val_score(LinearRegression(), d[["x"]], d["x"], scoring="mean_squared_error", cv=2)})
""", [FRAME], legacy=True)
    assert job.raised is None and job.results[1]["s"].abs().max() < 1e-9, job.err


def test_m_each_use_is_named_once_with_its_line_and_its_modern_form(tmp_path):
    script = "import numpy as np\ndef azureml_main(d):\n    for _ in range(3):\n        d.ix[0]\n    d.ix[1]\n    np.float(1)\n"
    job = run(tmp_path, script, [FRAME], legacy=True)
    assert job.notes == [
        ("legacy", "user_script.py:4: DataFrame.ix is gone since pandas 1.0: write .loc[] with labels or .iloc[] with places"),
        ("legacy", "user_script.py:6: numpy.float is gone since NumPy 1.24: write float, or np.float_ for the type of an array")]


@pytest.mark.parametrize("code,hint", [
    ("d.ix[0]", "DataFrame.ix is gone since pandas 1.0: write .loc[] with labels or .iloc[] with places"),
    ("pd.rolling_mean(d.x, 2)", "pandas.rolling_mean is gone since pandas 0.23: write .rolling(window).mean()"),
    ("np.float(1)", "numpy.float is gone since NumPy 1.24: write float, or np.float_ for the type of an array"),
    ("d.sort_index(by='x')", "by= of DataFrame.sort_index() is gone since pandas 0.23: write .sort_values(by)"),
    ("import sklearn.cross_validation", "sklearn.cross_validation is gone since scikit-learn 0.20: write sklearn.model_selection"),
    ("from sklearn.preprocessing import Imputer",
     "sklearn.preprocessing.Imputer is gone since scikit-learn 0.22: write sklearn.impute.SimpleImputer"),
    ("from sklearn.externals import joblib", "sklearn.externals.joblib is gone since scikit-learn 0.23: write import joblib"),
    ("import matplotlib.pyplot as plt; plt.gca().hist([1, 2], normed=True)",
     "normed= of hist() is gone since matplotlib 3.1: write density="),
    ("d.groupby('k').x.agg({'lo': 'min'})",
     "a dict of new names for agg() is gone since pandas 1.0: write agg(new=(column, function))"),
    ("from sklearn.preprocessing import StandardScaler; StandardScaler().fit(d.x)",
     "data of one dimension is gone since scikit-learn 0.19: write values.reshape(-1, 1), or (1, -1) for one sample"),
    ("pd.options.display.mpl_style = 'default'", "the option is gone since pandas 1.0: write the script without it"),
])
def test_m_without_it_a_failure_names_the_option(tmp_path, code, hint):
    job = run(tmp_path, f"import numpy as np, pandas as pd\ndef azureml_main(d):\n    {code}\n", [FRAME])
    assert job.raised
    assert job.notes == [("legacy", f"{hint}; --legacy brings it back")]
    assert job.err.endswith(f"hint: {hint}; --legacy brings it back\n")


@pytest.mark.parametrize("code,hint", [
    ("d.loc[0, 'x'] = 2.5", "setting what a column's type cannot hold is gone since pandas 3.0: write frame[column] = "
                            "frame[column].astype(type) first; --legacy brings it back"),
    ("d[['x', 'y']].to_numpy()[0, 0] = 1; d.x.values[0] = 1",
     "since pandas 3.0 the arrays that a frame hands out are read-only: write .to_numpy(copy=True)"),
    ("d.groupby('k').x.mean()[0]", "a number as a place in the brackets of a column is gone since pandas 3.0: write .iloc[]; "
                                   "--legacy brings it back"),
])
def test_m_pandas_3_is_stricter(tmp_path, code, hint):
    job = run(tmp_path, f"def azureml_main(d):\n    {code}\n", [FRAME])
    if pd.__version__ < "3":
        assert job.raised is None
    else:
        assert job.raised and job.err.endswith(f"hint: {hint}\n"), job.err


@pytest.mark.parametrize("code", ["d.nothing", "import nothing", "raise AttributeError('ix')", "{}['ix']", "object().ix"])
def test_m_other_failures_are_left_alone(tmp_path, code):
    job = run(tmp_path, f"def azureml_main(d):\n    {code}\n", [FRAME])
    assert job.raised and job.notes == []


def test_m_code_of_today_is_not_noted(tmp_path):
    script = """import numpy as np, pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV
def azureml_main(d):
    d = d.sort_values("x").fillna(0)
    GridSearchCV(RandomForestClassifier(n_estimators=2), {"max_depth": [1]}, cv=2).fit(d[["x"]], [0, 1, 0, 1, 0])
    return d.groupby("k")[["x"]].sum(), d.pivot_table(values="x", index="k")
"""
    job = run(tmp_path, script, [FRAME], legacy=True)
    assert job.raised is None and job.notes == [], (job.notes, job.err)
