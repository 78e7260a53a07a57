# SPDX-License-Identifier: Apache-2.0
import pandas as pd
import numpy as np
import datetime as dt
def azureml_main(dataframe1 = None, dataframe2 = None):
    start = dt.datetime(2015, 1, 1)
    dataframe1['when'] = [start + dt.timedelta(days=int(i)) for i in range(len(dataframe1))]
    ts = dataframe1.set_index('when')['glucose']
    weekly = ts.resample('W').mean()
    rolled = ts.rolling(window=7, min_periods=1).mean()
    lagged = pd.DataFrame({'t': ts, 't-1': ts.shift(1), 't-7': ts.shift(7)})
    lagged['month'] = lagged.index.month
    lagged['day'] = lagged.index.day_name()
    lagged['date'] = lagged.index
    weekly = weekly.reset_index()
    weekly['when'] = weekly['when'].dt.strftime('%Y-%m-%d')
    lagged['date'] = lagged['date'].astype('datetime64[ns]')
    return lagged.reset_index(drop=True), weekly, rolled.to_frame('rolled')
