# SPDX-License-Identifier: Apache-2.0
"""What could not be kept as it was stands in the record, under the name of its dataset, and on stderr."""

SCRIPT = """import pandas as pd
def azureml_main(dataframe1=None, dataframe2=None):
    return dataframe1, pd.DataFrame({"k": [1 + 2j]}), {"named": pd.DataFrame({"z": pd.Series([2**53 + 1, 0.5], dtype=object)})}
"""
LEFT_OUT = "Length of header or names does not match length of data. This leads to a loss of data with index_col=False."


def test_m_losses_of_inputs_and_outputs_are_warnings(quern, tmp_path):
    (tmp_path / "odd.csv").write_text("a,b,c\n1,2,3,4\n3,4,5,6\n")
    run = quern(SCRIPT, "--dataframe1", tmp_path / "odd.csv")
    assert run.code == 0
    assert run.job["warnings"] == [
        f"odd.csv: {LEFT_OUT}",
        "dataset2: column 'k': complex128 is stored as text",
        "named: column 'z': whole numbers beyond 2**53 are rounded to float64",
    ]
    assert [line for line in run.stderr.splitlines() if line.startswith("warning: ")] == [
        f"warning: {warning}" for warning in run.job["warnings"]]
