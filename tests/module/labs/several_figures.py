# SPDX-License-Identifier: Apache-2.0
import matplotlib
matplotlib.use('TkAgg')
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

def azureml_main(dataframe1 = None, dataframe2 = None):
    num_cols = ['glucose', 'mass', 'age']
    for i, col in enumerate(num_cols):
        fig = plt.figure(figsize=(4, 3))
        ax = fig.gca()
        dataframe1[col].dropna().hist(bins=20, ax=ax)
        ax.set_title('Histogram of ' + col)
        fig.savefig('hist of ' + col + '.png')
    fig, axes = plt.subplots(1, 2, figsize=(6, 3))
    dataframe1.boxplot(column='glucose', by='diabetes', ax=axes[0])
    axes[1].scatter(dataframe1['age'], dataframe1['mass'], c=np.where(dataframe1['diabetes'] == 'pos', 'r', 'b'))
    plt.savefig('both.png')
    plt.show()
    return dataframe1.groupby('diabetes')[num_cols].mean().reset_index()
