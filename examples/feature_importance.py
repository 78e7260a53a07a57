"""Ranks the columns of a table by how much an ensemble of trees uses them to predict the label.

dataframe1: numeric columns and one label column, named `diabetes` or else the last one.
Returns the ranking, most important first; draws it, and how much the trees of the forest agree.
"""
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesClassifier


def ranking(features, label):
    forest = ExtraTreesClassifier(n_estimators=250, random_state=0).fit(features, label)
    order = np.argsort(forest.feature_importances_)[::-1]
    spread = np.std([tree.feature_importances_ for tree in forest.estimators_], axis=0)
    ranked = pd.DataFrame({
        "feature": features.columns[order],
        "importance": forest.feature_importances_[order],
        "std": spread[order],
    })
    return ranked, [tree.feature_importances_[order] for tree in forest.estimators_]


def draw_ranking(ranked):
    figure, axes = plt.subplots(figsize=(6.4, 3.6))
    axes.barh(ranked["feature"][::-1], ranked["importance"][::-1], xerr=ranked["std"][::-1], color="#0072B2")
    axes.set_title("What tells diabetes: importance of each column")
    figure.tight_layout()
    figure.savefig("1 importance.png")


def draw_agreement(ranked, trees):
    figure, axes = plt.subplots(figsize=(6.4, 3.0))
    axes.boxplot(np.array(trees), showfliers=False)
    axes.set_xticks(range(1, len(ranked) + 1), ranked["feature"])
    axes.set_title("How the 250 trees agree")
    axes.tick_params(axis="x", rotation=30)
    figure.tight_layout()
    figure.savefig("2 agreement.png")


def azureml_main(dataframe1=None, dataframe2=None):
    label = "diabetes" if "diabetes" in dataframe1 else dataframe1.columns[-1]
    complete = dataframe1.dropna()
    print(f"{len(complete)} of {len(dataframe1)} rows are complete")
    ranked, trees = ranking(complete.drop(columns=label), complete[label])
    draw_ranking(ranked)
    draw_agreement(ranked, trees)
    return ranked
