# SPDX-License-Identifier: Apache-2.0
import sys
sys.path.insert(0, ".\\Script Bundle")
import pandas as pd
import helpers.clean as clean
from lookup import LABELS

def azureml_main(dataframe1=None, dataframe2=None):
    bands = pd.read_csv('./Script Bundle/data/bands.csv')
    with open("Script Bundle/notes.txt") as handle:
        note = handle.read().strip()
    dataframe1 = clean.fill(dataframe1)
    dataframe1['who'] = dataframe1['diabetes'].map(LABELS)
    merged = pd.merge_asof(dataframe1.sort_values('age', kind='stable'), bands, left_on='age', right_on='age_from')
    merged['note'] = note
    return merged.reset_index(drop=True)
