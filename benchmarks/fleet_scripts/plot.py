# SPDX-License-Identifier: Apache-2.0
"""One picture, the same every time."""
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt


def azureml_main(dataframe1=None, dataframe2=None):
    plt.plot([0, 1, 2, 3], [0, 1, 4, 9])
    plt.savefig("plot.png")
