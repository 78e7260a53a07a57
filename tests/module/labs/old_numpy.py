# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pandas as pd
def azureml_main(d):
    a = d[['age', 'pregnant']].values.astype(np.float)
    ok = np.ones(len(a), dtype=np.bool)
    ok[a[:, 0] > 60] = False
    d['flag'] = pd.Series(ok).astype(np.object)
    d['name'] = d['diabetes'].astype(np.str)
    d['prod'] = [np.product(r) for r in a]
    for i, row in d.head(3).iterrows():
        d.set_value(i, 'prod', np.asscalar(np.array([row['age']])))
    for col, values in d.iteritems():
        if values.dtype == np.object: print(col)
    return d.reindex_axis(sorted(d.columns), axis=1)
