"""Classes of body mass, as the World Health Organization draws them; the limits stand in limits.csv beside this file."""
import os

import pandas as pd

HERE = os.path.dirname(os.path.abspath(__file__))


def classify(mass):
    """mass: Series of kg/m². Returns a Series of category; missing stays missing."""
    limits = pd.read_csv(os.path.join(HERE, "limits.csv"))
    edges = list(limits["from"]) + [float("inf")]
    return pd.cut(mass, edges, right=False, labels=limits["class"])
