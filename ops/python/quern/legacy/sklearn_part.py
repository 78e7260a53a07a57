# SPDX-License-Identifier: Apache-2.0
"""scikit-learn: modules and names that are gone, parameters that are called otherwise. Splits: splits.py."""
import functools
import importlib
import types

import numpy as np
from scipy import sparse

from quern.legacy.calls import Word, adapt, dropped, known, renamed
from quern.legacy.gone import USES, Gone

GONE, MODULES, SPECIAL = {}, {}, {}


def names(module, *wanted):
    """{name: value}: those that are there; all public ones when none are named."""
    found = importlib.import_module(module)
    wanted = wanted or [name for name in dir(found) if not name.startswith("_")]
    return {name: getattr(found, name) for name in wanted if hasattr(found, name)}


def of(module, *wanted):
    return lambda: names(module, *wanted)


def old_splits():
    return importlib.import_module("quern.legacy.splits").OLD


# ---- modules ----

SELECTING = ("train_test_split", "cross_val_predict", "permutation_test_score", "check_cv")
for name, since, now, make in (
    ("cross_validation", "0.20", "sklearn.model_selection", lambda: {
        **names("sklearn.model_selection", *SELECTING), **names("quern.legacy.splits", "cross_val_score"), **old_splits()}),
    ("grid_search", "0.20", "sklearn.model_selection", lambda: {
        **names("sklearn.model_selection", "ParameterGrid", "ParameterSampler"),
        **names("quern.legacy.splits", "GridSearchCV", "RandomizedSearchCV")}),
    ("learning_curve", "0.20", "sklearn.model_selection", of("sklearn.model_selection", "learning_curve", "validation_curve")),
    ("externals", "0.23", "joblib and six as packages of their own", lambda: {"joblib": importlib.import_module("joblib")}),
    ("externals.joblib", "0.23", "import joblib", of("joblib")),
    ("externals.six", "0.23", "Python 3 itself", lambda: {"StringIO": importlib.import_module("io").StringIO,
                                                          "string_types": (str,), "iteritems": lambda d: iter(d.items())}),
    ("lda", "0.19", "sklearn.discriminant_analysis.LinearDiscriminantAnalysis", lambda: {
        "LDA": discriminant("LinearDiscriminantAnalysis")}),
    ("qda", "0.19", "sklearn.discriminant_analysis.QuadraticDiscriminantAnalysis", lambda: {
        "QDA": discriminant("QuadraticDiscriminantAnalysis")}),
    ("preprocessing.imputation", "0.22", "sklearn.impute", of("quern.legacy.estimators", "Imputer")),
    ("preprocessing.data", "0.24", "sklearn.preprocessing", of("sklearn.preprocessing")),
    ("preprocessing.label", "0.24", "sklearn.preprocessing", of("sklearn.preprocessing")),
    ("ensemble.forest", "0.24", "sklearn.ensemble", of("sklearn.ensemble")),
    ("ensemble.gradient_boosting", "0.24", "sklearn.ensemble", of("sklearn.ensemble")),
    ("ensemble.weight_boosting", "0.24", "sklearn.ensemble", of("sklearn.ensemble")),
    ("ensemble.bagging", "0.24", "sklearn.ensemble", of("sklearn.ensemble")),
    ("tree.tree", "0.24", "sklearn.tree", of("sklearn.tree")),
    ("svm.classes", "0.24", "sklearn.svm", of("sklearn.svm")),
    ("linear_model.base", "0.24", "sklearn.linear_model", of("sklearn.linear_model")),
    ("linear_model.logistic", "0.24", "sklearn.linear_model", of("sklearn.linear_model")),
    ("linear_model.stochastic_gradient", "0.24", "sklearn.linear_model", of("sklearn.linear_model")),
    ("linear_model.coordinate_descent", "0.24", "sklearn.linear_model", of("sklearn.linear_model")),
    ("neighbors.classification", "0.24", "sklearn.neighbors", of("sklearn.neighbors")),
    ("neighbors.unsupervised", "0.24", "sklearn.neighbors", of("sklearn.neighbors")),
    ("cluster.k_means_", "0.24", "sklearn.cluster", of("sklearn.cluster")),
    ("decomposition.pca", "0.24", "sklearn.decomposition", of("sklearn.decomposition")),
    ("metrics.classification", "0.24", "sklearn.metrics", of("sklearn.metrics")),
    ("metrics.ranking", "0.24", "sklearn.metrics", of("sklearn.metrics")),
    ("metrics.regression", "0.24", "sklearn.metrics", of("sklearn.metrics")),
    ("metrics.scorer", "0.24", "sklearn.metrics", of("sklearn.metrics", "make_scorer", "get_scorer")),
    ("feature_selection.univariate_selection", "0.24", "sklearn.feature_selection", of("sklearn.feature_selection")),
    ("feature_selection.from_model", "0.24", "sklearn.feature_selection", of("sklearn.feature_selection")),
    ("feature_selection.rfe", "0.24", "sklearn.feature_selection", of("sklearn.feature_selection")),
    ("utils.testing", "0.24", "numpy.testing", of("numpy.testing")),
):
    MODULES[f"sklearn.{name}"] = Gone(f"scikit-learn {since}", now, make)
for name in ("cross_validation", "grid_search", "learning_curve", "externals"):
    GONE["sklearn", name] = MODULES[f"sklearn.{name}"]._replace(
        make=lambda name=name: importlib.import_module(f"sklearn.{name}"))


# ---- names ----


def discriminant(name):
    return getattr(importlib.import_module("sklearn.discriminant_analysis"), name)


def moved(holder, name, since, now, module, new=None):
    GONE[f"sklearn.{holder}", name] = Gone(f"scikit-learn {since}", now,
                                           lambda: getattr(importlib.import_module(module), new or name))


moved("preprocessing", "Imputer", "0.22", "sklearn.impute.SimpleImputer", "quern.legacy.estimators")
moved("decomposition", "RandomizedPCA", "0.20", "PCA(svd_solver='randomized')", "quern.legacy.estimators")
moved("mixture", "GMM", "0.20", "sklearn.mixture.GaussianMixture", "sklearn.mixture", "GaussianMixture")
moved("metrics", "jaccard_similarity_score", "0.23", "sklearn.metrics.accuracy_score() or jaccard_score()", "sklearn.metrics",
      "accuracy_score")


def display(kind, now):
    """A function that drew; what it returned had .ax_ and .figure_, as its successor's has."""

    def make():
        drawing = getattr(importlib.import_module("sklearn.metrics"), kind)

        def plot(estimator, X, y_true, **kwargs):
            return drawing.from_estimator(estimator, X, y_true, **kwargs)

        return plot

    return Gone("scikit-learn 1.2", now, make)


for old, kind in (("plot_confusion_matrix", "ConfusionMatrixDisplay"), ("plot_roc_curve", "RocCurveDisplay"),
                  ("plot_precision_recall_curve", "PrecisionRecallDisplay")):
    GONE["sklearn.metrics", old] = display(kind, f"{kind}.from_estimator()")


def feature_names(self, *args, **kwargs):
    return list(self.get_feature_names_out(*args, **kwargs))


for place, owner in (("feature_extraction.text", "CountVectorizer"), ("feature_extraction._dict_vectorizer", "DictVectorizer"),
                     ("preprocessing._polynomial", "PolynomialFeatures"), ("preprocessing._encoders", "OneHotEncoder")):
    GONE[f"sklearn.{place}.{owner}", "get_feature_names"] = Gone("scikit-learn 1.2", ".get_feature_names_out()", feature_names)


# ---- parameters ----

FOREST = ("RandomForestClassifier", "RandomForestRegressor", "ExtraTreesClassifier", "ExtraTreesRegressor",
          "GradientBoostingClassifier", "GradientBoostingRegressor", "DecisionTreeClassifier", "DecisionTreeRegressor",
          "ExtraTreeClassifier", "ExtraTreeRegressor")
NORMALIZED = ("Ridge", "RidgeCV", "RidgeClassifier", "Lasso", "ElasticNet")  # of quern.legacy.estimators, with normalize=True
LINEAR = ("LassoCV", "LassoLars", "ElasticNetCV", "Lars", "LarsCV", "BayesianRidge", "ARDRegression",
          "OrthogonalMatchingPursuit")
ENSEMBLES = ("BaggingClassifier", "BaggingRegressor", "AdaBoostClassifier", "AdaBoostRegressor")
GRADIENT = ("SGDClassifier", "SGDRegressor", "Perceptron", "PassiveAggressiveClassifier", "PassiveAggressiveRegressor")


def normalized(kwargs, value):
    """Its constructor takes it from there."""
    if value and value != "deprecated":
        kwargs[CHOSEN] = value


def scaled(kwargs, value):
    """Of those that look at several scales of their columns."""
    if value and value != "deprecated":
        raise TypeError("normalize=True: put a StandardScaler before it (sklearn.pipeline.make_pipeline)")


def rounds(kwargs, value):
    """So many, whatever they bring."""
    kwargs.update(max_iter=value, tol=None)


def some_columns(kwargs, value):
    """Its constructor takes it from there."""
    kwargs[CHOSEN] = value


CHOSEN = "_quern_chosen"  # what a constructor was told beyond what it knows
SCALER = "a StandardScaler before it"
LISTED = {
    FOREST: {"min_impurity_split": dropped("scikit-learn 1.0", "min_impurity_decrease="),
             "presort": dropped("scikit-learn 0.24")},
    ENSEMBLES: {"base_estimator": renamed("scikit-learn 1.4", "estimator")},
    GRADIENT: {"n_iter": Word("scikit-learn 0.21", "max_iter=, tol=None", rounds)},
    ("LinearRegression",): {"normalize": dropped("scikit-learn 1.2")},
    NORMALIZED: {"normalize": Word("scikit-learn 1.2", SCALER, normalized)},
    LINEAR: {"normalize": Word("scikit-learn 1.2", SCALER, scaled)},
    ("TSNE",): {"n_iter": renamed("scikit-learn 1.7", "max_iter")},
    ("OneHotEncoder",): {"sparse": renamed("scikit-learn 1.4", "sparse_output"), "n_values": dropped("scikit-learn 0.22"),
                         "categorical_features": Word("scikit-learn 0.22", "a ColumnTransformer", some_columns)},
    ("KMeans", "MiniBatchKMeans"): {"n_jobs": dropped("scikit-learn 1.0"), "precompute_distances": dropped("scikit-learn 1.0")},
    ("GridSearchCV", "RandomizedSearchCV"): {"iid": dropped("scikit-learn 0.24")},
    ("AgglomerativeClustering",): {"affinity": renamed("scikit-learn 1.4", "metric")},
    ("LogisticRegression",): {"multi_class": dropped("scikit-learn 1.8", "OneVsRestClassifier for one against the rest")},
}
WORDS = {(name, old): word for names_, words in LISTED.items() for name in names_ for old, word in words.items()}
VALUES = {("criterion", "mse"): "squared_error", ("criterion", "mae"): "absolute_error", ("loss", "ls"): "squared_error",
          ("loss", "lad"): "absolute_error", ("loss", "deviance"): "log_loss", ("loss", "log"): "log_loss",
          ("loss", "squared_loss"): "squared_error", ("penalty", "none"): None,
          ("scoring", "mean_squared_error"): "neg_mean_squared_error", ("scoring", "log_loss"): "neg_log_loss",
          ("scoring", "mean_absolute_error"): "neg_mean_absolute_error",
          ("scoring", "median_absolute_error"): "neg_median_absolute_error"}
SCALERS = ("StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler")


MENDED = {}  # {id of a function: (the function, its mended form)}


def changed(module):
    """Mends the functions and estimators that the module defines, and hands on what it has of mended modules."""
    for name, value in list(vars(module).items()):
        if id(value) in MENDED:
            setattr(module, name, MENDED[id(value)][1])
        if getattr(value, "__module__", None) != module.__name__ or name.startswith("_"):
            continue
        if isinstance(value, type) and hasattr(value, "get_params") and "__init__" in vars(value):
            mend_estimator(value, name)
        elif isinstance(value, types.FunctionType):
            mended = with_values(manners(value, name), name)
            MENDED[id(value)] = value, FURTHER.get(name, lambda one: one)(mended)
            setattr(module, name, MENDED[id(value)][1])


def mend_estimator(owner, name):
    takes = with_columns if name == "OneHotEncoder" else with_normalize if name in NORMALIZED else lambda init, name: init
    owner.__init__ = with_values(manners(takes(owner.__init__, name), name), name)
    wrap = of_columns if name == "OneHotEncoder" else of_one_column if name in SCALERS else None
    for method in ("fit", "transform", "fit_transform", "inverse_transform") if wrap else ():
        if method in vars(owner) or method == "fit_transform":
            setattr(owner, method, wrap(getattr(owner, method), method))


def with_normalize(init, name):
    """It becomes one that knows the parameter, so that clones and pickles of it do."""
    @functools.wraps(init)
    def call(self, *args, **kwargs):
        chosen = kwargs.pop(CHOSEN, False)
        init(self, *args, **kwargs)
        if chosen:
            self.__class__ = getattr(importlib.import_module("quern.legacy.estimators"), name)
            self.normalize = True

    return call


def with_columns(init, name):
    @functools.wraps(init)
    def call(self, *args, **kwargs):
        chosen = kwargs.pop(CHOSEN, None)
        init(self, *args, **kwargs)
        if chosen is not None and not isinstance(chosen, str):
            setattr(self, CHOSEN, chosen)

    return call


def of_columns(function, method):
    """Of an encoder of some columns: those encoded, then the others."""
    @functools.wraps(function)
    def call(self, X, *args, **kwargs):
        chosen = self.__dict__.pop(CHOSEN, None)
        if chosen is None:
            return function(self, X, *args, **kwargs)
        try:
            X = np.asarray(X)
            places = np.arange(X.shape[1])[np.asarray(chosen)]
            made = function(self, X[:, places], *args, **kwargs)
        finally:
            setattr(self, CHOSEN, chosen)
        if method == "fit":
            return made
        rest = np.delete(X, places, axis=1).astype(float)
        return sparse.hstack([made, rest]).tocsr() if sparse.issparse(made) else np.hstack([made, rest])

    return call


def of_one_column(function, method):
    """An array of one dimension was one column."""
    @functools.wraps(function)
    def call(self, X, *args, **kwargs):
        if np.ndim(X) != 1:
            return function(self, X, *args, **kwargs)
        USES.use(f"{method}() of one dimension", Gone("scikit-learn 0.19", "values.reshape(-1, 1)"))
        made = function(self, np.asarray(X).reshape(-1, 1), *args, **kwargs)
        return made if method == "fit" else made.ravel()

    return call


# The constructors whose parameters changed their order when they became keyword-only.
ORDERS = {name: order.split() for name, order in {
    "LogisticRegression": ("penalty dual tol C fit_intercept intercept_scaling class_weight random_state solver max_iter "
                           "multi_class verbose warm_start n_jobs"),
    "LinearRegression": "fit_intercept normalize copy_X n_jobs",
    "Ridge": "alpha fit_intercept normalize copy_X max_iter tol solver random_state",
    "Lasso": "alpha fit_intercept normalize precompute copy_X max_iter tol warm_start positive random_state selection",
    "ElasticNet": ("alpha l1_ratio fit_intercept normalize precompute max_iter copy_X tol warm_start positive random_state "
                   "selection"),
}.items()}


def manners(function, name):
    words = {old: word for (owner, old), word in WORDS.items() if owner == name}
    return adapt(function, name, words, "scikit-learn 1.0", ORDERS.get(name))


def with_values(init, name):
    """The constructor or function; names of losses and their like in today's words."""
    words = [old for old in ("criterion", "loss", "penalty", "max_features", "scoring") if old in known(init)]
    if not words:
        return init

    @functools.wraps(init)
    def call(*args, **kwargs):
        for word in words:
            given = kwargs.get(word)
            if isinstance(given, str) and (word, given) in VALUES:
                kwargs[word] = VALUES[word, given]
            elif word == "max_features" and given == "auto" and name in FOREST:
                kwargs[word] = "sqrt" if name.endswith("Classifier") else 1.0
            if kwargs.get(word) is not given:
                USES.use(f"{word}={given!r} of {name}()", Gone("scikit-learn 1.3", f"{word}={kwargs[word]!r}"))
        return init(*args, **kwargs)

    return call


def rooted(function):
    """squared=False"""
    if "squared" in known(function):
        return function

    @functools.wraps(function)
    def call(*args, squared=True, **kwargs):
        if squared:
            return function(*args, **kwargs)
        USES.use("squared= of mean_squared_error()", Gone("scikit-learn 1.6", "sklearn.metrics.root_mean_squared_error()"))
        return function(*args, **kwargs) ** 0.5

    return call


def one_sample(data, options):
    """Data of less than two dimensions were one sample: model.predict([6.5]), model.predict(6.5)."""
    flat = isinstance(data, (int, float, list, np.ndarray, np.number)) and options.get("ensure_2d", True) and np.ndim(data) < 2
    if not flat:
        return data
    USES.use("one sample without brackets of its own", Gone("scikit-learn 0.19", "[[...]], or values.reshape(1, -1)"))
    return np.atleast_2d(np.asarray(data))


def of_one_sample(function):
    """check_array()"""
    @functools.wraps(function)
    def call(array, *args, **kwargs):
        return function(one_sample(array, kwargs), *args, **kwargs)

    return call


def of_one_more_sample(function):
    """validate_data(), which looks at what it was given once more"""
    @functools.wraps(function)
    def call(estimator, X="no_validation", *args, **kwargs):
        return function(estimator, X if kwargs.get("skip_check_array") else one_sample(X, kwargs), *args, **kwargs)

    return call


FURTHER = {"mean_squared_error": rooted, "check_array": of_one_sample, "validate_data": of_one_more_sample}
