# SPDX-License-Identifier: Apache-2.0
import pandas as pd, numpy as np
def azureml_main(df1=None, df2=None):
    df1['decade'] = (df1['age'] // 10 * 10).astype(int)
    dummies = pd.get_dummies(df1[['decade', 'diabetes']].astype(str), prefix_sep='=')
    dummies = dummies.astype(int)
    joined = pd.concat([df1[['age']], dummies, df1[['age']]], axis=1)
    joined.columns = list(joined.columns[:-1]) + ['age']
    return joined,
