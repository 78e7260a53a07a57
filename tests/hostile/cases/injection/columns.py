# SPDX-License-Identifier: Apache-2.0
"""I6, I7, I12: names of columns that are paths, formulas, markup, nothing at all, and alike to the eye."""
import pandas as pd

from attack import say

EXPECT = {
    "found": {"columns": 10}, "free": {"columns": 10}, "record": {"outputs": [{"port": "dataset1", "columns": 10, "rows": 1}]},
    "returned": {"../../etc/passwd": True, "=HYPERLINK(\"http://x\")": True, "<script>alert(1)</script>": True, "a\0b": True,
                 "é": True, "e\u0301": True, "\u202egnp": True, "\r\nX-Header: 1": True},
}
NAMES = ["../../etc/passwd", "=HYPERLINK(\"http://x\")", "<script>alert(1)</script>", " ", "a\0b", "é", "e\u0301", "\u202egnp",
         "x" * 200, "\r\nX-Header: 1"]


def azureml_main():
    say({"columns": len(NAMES)})
    return pd.DataFrame({name: [1] for name in NAMES})
