# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pandas as pd
def azureml_main(d):
    a = d[['age', 'pregnant']].to_numpy(float)
    d['flag'] = pd.Series(a[:, 0] <= 60).astype(object)
    d['name'] = d['diabetes'].astype(str)
    d['prod'] = [np.prod(r) for r in a]
    d.loc[0:2, 'prod'] = d.loc[0:2, 'age'].astype(float)
    return d[sorted(d.columns)]
