"""Trains a model and returns it as pickled bytes in a cell, beside its accuracy; score_model.py takes it from there."""
import pickle

import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FEATURES = ["glucose", "mass", "age", "pregnant"]


def azureml_main(dataframe1=None, dataframe2=None):
    complete = dataframe1.dropna(subset=FEATURES)
    features, label = complete[FEATURES], complete["diabetes"] == "pos"
    model = make_pipeline(StandardScaler(), LogisticRegression())
    accuracy = cross_val_score(model, features, label, cv=5).mean()
    model.fit(features, label)
    return pd.DataFrame({"model": [pickle.dumps(model)], "features": [",".join(FEATURES)], "accuracy": [accuracy]})
