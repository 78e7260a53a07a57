# SPDX-License-Identifier: Apache-2.0
import pandas as pd
def azureml_main(frame):
    bands = pd.cut(frame['age'], bins=[20, 30, 40, 60, 100], labels=['20s', '30s', '40-60', '60+'])
    frame['band'] = bands.astype(str)
    pivot = frame.pivot_table(index='band', columns='diabetes', values=['glucose', 'mass'], aggfunc=['mean', 'count'])
    counts = pd.crosstab(frame['band'], frame['diabetes'], margins=True)
    counts.reset_index(inplace=True)
    return pivot, counts
