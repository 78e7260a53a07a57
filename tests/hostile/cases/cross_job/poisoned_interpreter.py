# SPDX-License-Identifier: Apache-2.0
"""X3, X4: changes Python for whoever comes next: builtins, modules, pandas, options, filters, signals, the random state."""
import builtins
import json
import locale
import os
import random
import signal
import sys
import warnings

import numpy as np
import pandas as pd

from attack import say

EXPECT = {"found": {"poisoned": True}, "free": {"poisoned": True}, "short": True}


def azureml_main():
    say({"poisoned": True})
    builtins.open = builtins.print = None
    pd.DataFrame.to_csv = lambda *_, **__: "poison"
    json.dumps = lambda *_, **__: "{}"
    np.set_printoptions(precision=1)
    np.sin = lambda x: x
    warnings.simplefilter("error")
    random.seed(0)
    np.random.seed(0)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.setrecursionlimit(77)
    sys.path.insert(0, "/run/job")
    sys.modules["numpy"] = sys.modules["os"] = None
    os.environ.clear()
    os.umask(0)
    os.chdir("/")
    locale.setlocale(locale.LC_ALL, "C")
    sys.exit = None
