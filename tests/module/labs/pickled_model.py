# SPDX-License-Identifier: Apache-2.0
import pickle, base64
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

def azureml_main(dataframe1=None, dataframe2=None):
    data = dataframe1.dropna()
    X = data[['glucose', 'mass', 'age']].values
    y = (data['diabetes'] == 'pos').values.astype(int)
    scaler = StandardScaler().fit(X)
    model = LogisticRegression(C=10).fit(scaler.transform(X), y)
    blob = pickle.dumps({'scaler': scaler, 'model': model})
    with open('model.pkl', 'wb') as f:
        f.write(blob)
    loaded = pickle.load(open('model.pkl', 'rb'))
    scores = loaded['model'].predict_proba(loaded['scaler'].transform(X))[:, 1]
    out = pd.DataFrame({'payload': [base64.b64encode(blob).decode('ascii')], 'raw': [blob]})
    return out, pd.DataFrame({'score': scores.round(9)})
