# SPDX-License-Identifier: Apache-2.0
from __future__ import division, print_function
import numpy as np, pandas as pd, logging, warnings, sys
from scipy import stats
from sklearn import linear_model
from sklearn.metrics import mean_squared_error, r2_score
warnings.filterwarnings('ignore')
logging.basicConfig(level=logging.INFO, stream=sys.stdout)
log = logging.getLogger(__name__)
def azureml_main(dataframe1=None, dataframe2=None):
    df = dataframe1.dropna()
    X = df[['glucose', 'age']]; y = df['mass']
    lm = linear_model.LinearRegression().fit(X, y)
    log.info('fitted %s', lm.coef_)
    df = df.assign(pred=lm.predict(X))
    df['resid'] = df['mass'] - df['pred']
    slope, intercept, r, p, se = stats.linregress(df['glucose'], df['mass'])
    stat = pd.DataFrame([('rmse', np.sqrt(mean_squared_error(y, df.pred))), ('r2', r2_score(y, df.pred)), ('slope', slope),
                         ('p', p)], columns=['stat', 'value'])
    z = np.abs(stats.zscore(df[['glucose', 'mass']]))
    return df[(z < 3).all(axis=1)], stat
