# SPDX-License-Identifier: Apache-2.0
import pandas as pd
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.metrics import confusion_matrix, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.impute import SimpleImputer
from sklearn.tree import DecisionTreeClassifier

def azureml_main(df, params = {'decisiontreeclassifier__max_depth': [2, 3, 4]}):
    X, y = df.drop('diabetes', axis=1), df['diabetes'].map({'neg': 0, 'pos': 1})
    Xtr, Xte, ytr, yte = train_test_split(X, y, test_size=0.3, random_state=42, stratify=y)
    grid = GridSearchCV(make_pipeline(SimpleImputer(), DecisionTreeClassifier(random_state=1)), params, cv=3)
    grid.fit(Xtr, ytr)
    cm = pd.DataFrame(confusion_matrix(yte, grid.predict(Xte)), columns=['pred_neg', 'pred_pos'])
    scores = cross_val_score(grid.best_estimator_, X, y, cv=3)
    summary = pd.DataFrame([{'best': grid.best_params_['decisiontreeclassifier__max_depth'],
                             'auc': roc_auc_score(yte, grid.predict_proba(Xte)[:, 1]), 'cv': scores.mean()}])
    return [cm, summary]
