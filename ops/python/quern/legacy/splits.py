# SPDX-License-Identifier: Apache-2.0
"""sklearn.cross_validation and sklearn.grid_search: splits that knew their data, searches with grid_scores_."""
from typing import NamedTuple

import numpy as np
from sklearn import model_selection


class Splits:
    """Pairs of indices (train, test) to loop over, or to give as cv=."""

    def __init__(self, splitter, n=None, y=None, groups=None):
        self.n = n if n is not None else len(y if y is not None else groups)
        rows = np.zeros((self.n, 1))
        self.pairs = list(splitter.split(rows, y, groups))

    def __iter__(self):
        return iter(self.pairs)

    def __len__(self):
        return len(self.pairs)


class KFold(Splits):
    def __init__(self, n, n_folds=3, shuffle=False, random_state=None):
        random_state = random_state if shuffle else None
        super().__init__(model_selection.KFold(n_folds, shuffle=shuffle, random_state=random_state), n)


class StratifiedKFold(Splits):
    def __init__(self, y, n_folds=3, shuffle=False, random_state=None):
        random_state = random_state if shuffle else None
        super().__init__(model_selection.StratifiedKFold(n_folds, shuffle=shuffle, random_state=random_state), y=y)


class LeaveOneOut(Splits):
    def __init__(self, n):
        super().__init__(model_selection.LeaveOneOut(), n)


class LeavePOut(Splits):
    def __init__(self, n, p):
        super().__init__(model_selection.LeavePOut(p), n)


class ShuffleSplit(Splits):
    def __init__(self, n, n_iter=10, test_size=0.1, train_size=None, random_state=None):
        super().__init__(model_selection.ShuffleSplit(n_iter, test_size=test_size, train_size=train_size,
                                                      random_state=random_state), n)


class StratifiedShuffleSplit(Splits):
    def __init__(self, y, n_iter=10, test_size=0.1, train_size=None, random_state=None):
        super().__init__(model_selection.StratifiedShuffleSplit(n_iter, test_size=test_size, train_size=train_size,
                                                                random_state=random_state), y=y)


class LabelKFold(Splits):
    def __init__(self, labels, n_folds=3):
        super().__init__(model_selection.GroupKFold(n_folds), groups=labels)


class LeaveOneLabelOut(Splits):
    def __init__(self, labels):
        super().__init__(model_selection.LeaveOneGroupOut(), groups=labels)


class LeavePLabelOut(Splits):
    def __init__(self, labels, p):
        super().__init__(model_selection.LeavePGroupsOut(p), groups=labels)


class PredefinedSplit(Splits):
    def __init__(self, test_fold):
        super().__init__(model_selection.PredefinedSplit(test_fold), len(test_fold))


OLD = {one.__name__: one for one in Splits.__subclasses__()}


def cross_val_score(estimator, X, y=None, scoring=None, cv=None, n_jobs=1, verbose=0, fit_params=None,
                    pre_dispatch="2*n_jobs"):
    """Three folds without cv=, as it was."""
    params = {} if fit_params is None else {"params": fit_params}
    return model_selection.cross_val_score(estimator, X, y, scoring=scoring, cv=3 if cv is None else cv, n_jobs=n_jobs,
                                           verbose=verbose, pre_dispatch=pre_dispatch, **params)


class Score(NamedTuple):
    parameters: dict
    mean_validation_score: float
    cv_validation_scores: np.ndarray

    def __repr__(self):
        return (f"mean: {self.mean_validation_score:.5f}, std: {np.std(self.cv_validation_scores):.5f}, "
                f"params: {self.parameters}")


class Scored:
    @property
    def grid_scores_(self):
        found = self.cv_results_
        folds = np.array([found[f"split{i}_test_score"] for i in range(self.n_splits_)]).T
        return [Score(*one) for one in zip(found["params"], found["mean_test_score"], folds)]


class GridSearchCV(Scored, model_selection.GridSearchCV):
    pass


class RandomizedSearchCV(Scored, model_selection.RandomizedSearchCV):
    pass
