# SPDX-License-Identifier: Apache-2.0
import pandas as pd
def azureml_main(dataframe1, dataframe2):
    dataframe1['key'] = 1; dataframe2['key'] = 1
    cross = dataframe1.head(10).merge(dataframe2, on='key', suffixes=('_left', '_right')).drop(columns='key')
    outer = dataframe1[['age']].drop_duplicates().merge(dataframe2, how='outer', left_on='age', right_on='age_from', indicator=True)
    outer['_merge'] = outer['_merge'].astype(str)
    melted = pd.melt(dataframe1.head(5), id_vars=['diabetes'], value_vars=['age', 'mass'])
    return cross, outer.sort_values(['age', 'age_from']), melted
