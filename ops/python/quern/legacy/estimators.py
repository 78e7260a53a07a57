# SPDX-License-Identifier: Apache-2.0
"""Estimators of scikit-learn that are gone, by those that came after them; at the top of a module, so that they can be
pickled."""
import numpy as np
from scipy import sparse
from sklearn import linear_model
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer


class Imputer(SimpleImputer):
    """Missing values were called "NaN"."""

    def __init__(self, missing_values="NaN", strategy="mean", axis=0, verbose=0, copy=True):
        if axis == 1:
            raise ValueError("Imputer(axis=1): scikit-learn fills columns only now; transpose the data")
        missing_values = np.nan if isinstance(missing_values, str) and missing_values == "NaN" else missing_values
        super().__init__(missing_values=missing_values, strategy=strategy, copy=copy)
        self.axis, self.verbose = axis, verbose


class RandomizedPCA(PCA):
    def __init__(self, n_components=None, copy=True, iterated_power=2, whiten=False, random_state=None):
        super().__init__(n_components=n_components, copy=copy, whiten=whiten, svd_solver="randomized",
                         iterated_power=iterated_power, random_state=random_state)


class Normalized:
    """normalize=True of linear models: their columns, less their means, were divided by their Euclidean norm, and the
    coefficients were those of the columns as they are. Without an intercept it meant nothing. Source: _preprocess_data() and
    _set_intercept() of scikit-learn 0.22."""

    def __init__(self, *args, normalize=True, **kwargs):
        super().__init__(*args, **kwargs)
        self.normalize = normalize

    @classmethod
    def _get_param_names(cls):
        return sorted([*cls.__bases__[1]._get_param_names(), "normalize"])

    def fit(self, X, y, sample_weight=None):
        if not (self.normalize and self.fit_intercept):
            return super().fit(X, y) if sample_weight is None else super().fit(X, y, sample_weight)
        if sparse.issparse(X) or sample_weight is not None or getattr(self, "cv", None) is not None:
            raise TypeError("normalize=True with a sparse matrix, sample_weight= or cv=: put a StandardScaler before it "
                            "(sklearn.pipeline.make_pipeline)")
        values = np.asarray(X, dtype=float)
        means = values.mean(axis=0)
        norms = np.linalg.norm(values - means, axis=0)
        norms[norms == 0] = 1.0
        scaled = (values - means) / norms
        super().fit(type(X)(scaled, columns=X.columns) if hasattr(X, "columns") else scaled, y)
        self.coef_ = self.coef_ / norms
        self.intercept_ = self.intercept_ - means @ self.coef_.T
        return self


class Ridge(Normalized, linear_model.Ridge):
    pass


class RidgeCV(Normalized, linear_model.RidgeCV):
    pass


class RidgeClassifier(Normalized, linear_model.RidgeClassifier):
    pass


class Lasso(Normalized, linear_model.Lasso):
    pass


class ElasticNet(Normalized, linear_model.ElasticNet):
    pass
