# SPDX-License-Identifier: Apache-2.0
def azureml_main(df, *ignored):
    df.insert(0, 'row', range(len(df)))
    df['age'] = df['age'] + 1
    df.loc[df['mass'].isnull(), 'mass'] = -1
    df.loc[0, 'glucose'] = 999
    df.drop(['insulin', 'triceps'], axis=1, inplace=True)
    df.sort_values(by=['age', 'row'], ascending=[False, True], inplace=True)
    df.columns = [c.upper() for c in df.columns]
    df.iloc[-1, 1] = 0
    del df['PEDIGREE']
    return df
