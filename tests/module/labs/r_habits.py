# SPDX-License-Identifier: Apache-2.0
import pandas as pd
import numpy as np
# translated from R, dots and all
def na_omit(d): return d.dropna(how='any')
def head(d, n=6): return d.iloc[:n]
def tapply(x, g, f): return pd.DataFrame({'g': g, 'x': x}).groupby('g')['x'].apply(f)
def azureml_main(maml1, maml2):
    d = na_omit(maml1)
    means = tapply(d['mass'], d['diabetes'], np.mean)
    quant = d['glucose'].quantile([0.25, 0.5, 0.75])
    out = {'stat': [str(i) for i in list(means.index) + list(quant.index)], 'value': list(means) + list(quant)}
    return pd.DataFrame(out), head(maml2), d.select_dtypes('number').corr()
