# SPDX-License-Identifier: Apache-2.0
from sklearn import cross_validation
from sklearn.cross_validation import train_test_split, KFold
from sklearn.grid_search import GridSearchCV
from sklearn.preprocessing import Imputer
from sklearn.externals import joblib
from sklearn.tree import DecisionTreeClassifier
import numpy as np, pandas as pd
def azureml_main(dataframe1 = None, dataframe2 = None):
    X = dataframe1.drop(['diabetes'], 1).as_matrix()
    y = (dataframe1.diabetes == 'pos').astype(np.int)
    X = Imputer(missing_values='NaN', strategy='median', axis=0).fit_transform(X)
    Xa, Xb, ya, yb = train_test_split(X, y, test_size=0.25, random_state=3)
    g = GridSearchCV(DecisionTreeClassifier(random_state=0), {'max_depth': [2, 5]}, cv=3)
    g.fit(Xa, ya)
    joblib.dump(g.best_estimator_, 'tree.pkl')
    tree = joblib.load('tree.pkl')
    folds = [len(test) for train, test in KFold(len(y), n_folds=4)]
    scores = cross_validation.cross_val_score(tree, X, y, cv=3)
    return pd.DataFrame({'pred': tree.predict(Xb), 'true': yb.get_values()}), pd.DataFrame({'fold': folds}), pd.DataFrame(scores)
