# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesClassifier

def azureml_main(dataframe1):
    dataframe1 = dataframe1.fillna(0)
    target = dataframe1.pop('diabetes')
    forest = ExtraTreesClassifier(n_estimators=25, random_state=0)
    forest.fit(dataframe1, target)
    importances = forest.feature_importances_
    std = np.std([tree.feature_importances_ for tree in forest.estimators_], axis=0)
    indices = np.argsort(importances)[::-1]
    for f in range(dataframe1.shape[1]):
        print("%d. feature %d (%f)" % (f + 1, indices[f], importances[indices[f]]))
    result = pd.DataFrame(list(zip(dataframe1.columns[indices], importances[indices], std[indices])))
    return result,
