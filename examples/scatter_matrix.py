"""Every numeric column against every other, coloured by the label: one picture, no result table."""
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from pandas.plotting import scatter_matrix


def azureml_main(dataframe1=None, dataframe2=None):
    complete = dataframe1.dropna(subset=["glucose", "mass", "age", "pressure"])
    numbers = complete[["glucose", "mass", "age", "pressure"]]
    colours = complete["diabetes"].map({"pos": "#D55E00", "neg": "#0072B2"})
    scatter_matrix(numbers, c=colours, figsize=(8, 8), diagonal="hist", alpha=0.6)
    plt.suptitle("Pima diabetes: orange has it, blue has not")
    plt.savefig("scatter matrix.png")
