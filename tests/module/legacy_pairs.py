# SPDX-License-Identifier: Apache-2.0
"""Old forms beside their modern ones: what both make of the same frame, in one job with `legacy`."""
import pandas as pd

from glue_job import run

FRAME = pd.DataFrame({"k": list("abcab"), "x": [1, 2, 3, 4, 5], "y": [1.5, 2.5, None, 4.5, 5.5]})
HEAD = """import datetime, io, warnings
import numpy as np
import pandas as pd
warnings.simplefilter("ignore")
def hours(): return pd.Series(range(48), pd.date_range("2014-01-01", periods=48, freq=pd.Timedelta(hours=1)))
def lettered(d): return d.set_index(pd.Index(list("pqrst")))
def placed(column):
    column[0] = 9
    return column
def table(made):
    if isinstance(made, (pd.DataFrame, pd.Series)):
        return pd.DataFrame(made).reset_index().astype(str)
    return pd.DataFrame({"made": [str(one) for one in (made if np.ndim(made) else [made])]})
"""
PAIRS = """
import traceback
def made(text, d):
    try:
        return table(eval(text, {**globals(), "d": d.copy()}))
    except Exception:
        return pd.DataFrame({"failed": traceback.format_exc().splitlines()})
def azureml_main(d):
    return {f"{side}{i}": made(pair[side], d) for i, pair in enumerate(CASES) for side in (0, 1)}
"""


def pairs(directory, head, cases):
    """{old form: (what it made, what its modern form made)}, of one job."""
    job = run(directory, f"{head}CASES = {cases!r}\n{PAIRS}", [FRAME], legacy=True)
    assert job.raised is None, job.err
    return {old: (job.results[f"0{i}"], job.results[f"1{i}"]) for i, (old, _) in enumerate(cases)}
