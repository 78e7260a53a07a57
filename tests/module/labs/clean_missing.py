# SPDX-License-Identifier: Apache-2.0
# The script MUST contain a function named azureml_main
# which is the entry point for this module.
import pandas as pd
import numpy as np


# The entry point function can contain up to two input arguments:
#   Param<dataframe1>: a pandas.DataFrame
#   Param<dataframe2>: a pandas.DataFrame
def azureml_main(dataframe1 = None, dataframe2 = None):
    # Execution logic goes here
    print('Input pandas.DataFrame #1:\r\n\r\n{0}'.format(dataframe1.head()))
    dataframe1.drop_duplicates(inplace = True)
    for col in ['glucose', 'pressure', 'triceps', 'insulin', 'mass']:
        dataframe1.loc[dataframe1[col] == 0, col] = np.nan
        dataframe1[col] = dataframe1[col].fillna(dataframe1[col].median())
    dataframe1.rename(columns = {'diabetes': 'label'}, inplace = True)
    dataframe1['label'] = np.where(dataframe1['label'] == 'pos', 1, 0)
    # Return value must be of a sequence of pandas.DataFrame
    return dataframe1,
