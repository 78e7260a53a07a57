"""How good are probabilities? By fifths of them: what was predicted, and what was so. Takes what score_model.py returns."""
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd


def azureml_main(dataframe1=None, dataframe2=None):
    fifths = pd.qcut(dataframe1["probability"], 5, labels=False)
    table = dataframe1.assign(positive=dataframe1["diabetes"] == "pos").groupby(fifths)
    table = table.agg(rows=("positive", "size"), predicted=("probability", "mean"), observed=("positive", "mean"))
    print(table.round(3).to_string())
    plt.plot([0, 1], [0, 1], ":")
    plt.plot(table["predicted"], table["observed"], "o-")
    plt.xlabel("predicted")
    plt.ylabel("observed")
    plt.savefig("calibration.png")
    return table.reset_index(drop=True)
