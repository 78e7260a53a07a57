# SPDX-License-Identifier: Apache-2.0
"""Estimators of scikit-learn that are gone, by those that came after them; at the top of a module, so that they can be
pickled."""
import numpy as np
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
