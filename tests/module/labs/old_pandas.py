# SPDX-License-Identifier: Apache-2.0
import pandas as pd
import numpy as np
from pandas.tools.plotting import scatter_matrix
import matplotlib
matplotlib.use('agg')
import matplotlib.pyplot as plt
def azureml_main(dataframe1 = None, dataframe2 = None):
    first = dataframe1.ix[0:9, ['glucose', 'mass', 'age']]
    fig = plt.figure(figsize=(5, 5))
    scatter_matrix(dataframe1[['glucose', 'mass']], ax=fig.gca())
    fig.savefig('scatter.png')
    both = first.append(dataframe1.ix[20:24, ['glucose', 'mass', 'age']], ignore_index=True)
    both = both.sort(['age', 'mass'], ascending=False)
    both['roll'] = pd.rolling_mean(both['age'], 3)
    m = both.as_matrix()
    both['total'] = np.nansum(m, 1).astype(np.float)
    return both.drop('roll', 1), both
