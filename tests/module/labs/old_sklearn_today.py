# SPDX-License-Identifier: Apache-2.0
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score, train_test_split
from sklearn.tree import DecisionTreeClassifier
def azureml_main(dataframe1=None, dataframe2=None):
    X = SimpleImputer(strategy='median').fit_transform(dataframe1.drop(columns='diabetes').to_numpy())
    y = (dataframe1.diabetes == 'pos').astype(int)
    Xa, Xb, ya, yb = train_test_split(X, y, test_size=0.25, random_state=3)
    g = GridSearchCV(DecisionTreeClassifier(random_state=0), {'max_depth': [2, 5]}, cv=3).fit(Xa, ya)
    folds = [len(test) for _, test in KFold(4).split(y)]
    scores = cross_val_score(g.best_estimator_, X, y, cv=3)
    return (pd.DataFrame({'pred': g.best_estimator_.predict(Xb), 'true': yb.to_numpy()}), pd.DataFrame({'fold': folds}),
            pd.DataFrame(scores))
