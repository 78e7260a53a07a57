# SPDX-License-Identifier: Apache-2.0
"""I3: formats of printf in every text that a script can give: message, output, column names."""
import pandas as pd

EXPECT = {"reason": "exception", "message": "ValueError: %n%s%s%s%1000000d{0}{self}${jndi:ldap://x}", "free": None, "end": "exit 1"}


def azureml_main():
    print("%n%s%s%s")
    pd.DataFrame({"%n%s%s": [1]})
    raise ValueError("%n%s%s%s%1000000d{0}{self}${jndi:ldap://x}")
