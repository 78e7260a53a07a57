"""What this script does, in one line.

    quern check script.py                                   reads it: what is wrong with it?
    quern run script.py --dataframe1 table.csv -o out       runs it here; out/ gets tables, picture, logs and job.json
    quern run script.py --dataframe1 table.csv --pdb        the debugger opens where it fails, or at breakpoint()
    quern submit script.py --dataframe1 KEY -o RESULT       runs it somewhere; KEY and RESULT are datasets of the store
"""
import pandas as pd

# Plots: draw with matplotlib, save as PNG. No display is needed.
# import matplotlib.pyplot as plt

# Parameters: --param rows=20. What is JSON is its value, anything else a text.
import quern

ROWS = quern.params.get("rows", 5)


def azureml_main(dataframe1=None, dataframe2=None):
    """Called once. dataframe1 is --dataframe1, and so on; one that is not connected is None.

    A frame is yours: change it in place, nobody else sees it. Its index is 0 to rows - 1.
    """
    if dataframe1 is None:  # so that the script can be tried without a dataset
        dataframe1 = pd.DataFrame({"name": ["a", "b", "a"], "value": [1.0, 2.0, 3.0]})

    print(f"{len(dataframe1)} rows, columns: {', '.join(map(str, dataframe1.columns))}")  # into stdout.txt

    # Files and modules of --bundle own.zip stand in "./Script Bundle", and can be imported.
    # limits = pd.read_csv("Script Bundle/limits.csv")

    # plt.hist(dataframe1["value"])
    # plt.savefig("histogram.png")

    summary = dataframe1.describe().reset_index()  # the index of a result is dropped: reset_index() keeps it
    return dataframe1.head(ROWS), summary  # dataset1, dataset2; more frames become output3, ...
