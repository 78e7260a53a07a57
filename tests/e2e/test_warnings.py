# SPDX-License-Identifier: Apache-2.0
"""What could not be kept as it was stands in the record, under the name of its dataset, and on stderr."""
from arrow_file import Field, File, int_type, numbers

SCRIPT = """import pandas as pd
def azureml_main(dataframe1=None, dataframe2=None):
    return dataframe1, pd.DataFrame({"k": [1 + 2j]}), {"named": pd.DataFrame({"z": pd.array([2**53 + 1, None], "Int64")})}
"""


def test_m_losses_of_inputs_and_outputs_are_warnings(quern, tmp_path):
    column = numbers([2**53 + 1, None], "q")
    (tmp_path / "large.arrow").write_bytes(File([Field("n", int_type(64))]).batch(column).bytes())
    run = quern(SCRIPT, "--dataframe1", tmp_path / "large.arrow")
    assert run.code == 0
    assert run.job["warnings"] == [
        "large.arrow: column 'n': integers with missing values became double; 1 value beyond 2**53 lost precision",
        "dataset2: column 'k': complex128 is stored as text",
        "named: column 'z': whole numbers beyond 2**53 beside missing ones are rounded to float64",
    ]
    assert [line for line in run.stderr.splitlines() if line.startswith("warning: ")] == [
        f"warning: {warning}" for warning in run.job["warnings"]]
