# SPDX-License-Identifier: Apache-2.0
import os, tempfile, shutil, zipfile, csv
import pandas as pd
def azureml_main(df, dataframe2=None):
    folder = tempfile.mkdtemp()
    path = os.path.join(folder, 'part.csv')
    df.to_csv(path, index=False)
    back = pd.read_csv(path)
    with open('rows.csv', 'w', newline='') as f:
        writer = csv.writer(f); writer.writerow(['a', 'b']); writer.writerows([[1, 'x,y'], [2, 'é']])
    with zipfile.ZipFile('rows.zip', 'w') as z: z.write('rows.csv')
    rows = pd.read_csv('rows.zip')
    shutil.rmtree(folder)
    os.makedirs('deep/er'); os.chdir('deep/er')
    df.describe().to_pickle('d.pkl')
    return back, rows, pd.read_pickle('d.pkl').reset_index()
