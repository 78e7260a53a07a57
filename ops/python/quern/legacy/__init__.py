# SPDX-License-Identifier: Apache-2.0
"""What NumPy, pandas, SciPy, matplotlib and scikit-learn removed since 2014, on their current versions, for jobs that ask for it.

    prepare()          once in a process: what is gone works again
    install(note)      before the script is loaded: from now on each thing is noted once, with the line that used it first
                       and its modern form. note(about, text): as Job.note() of quern.entry.

Each library has a part, quern.legacy.LIBRARY_part, with
    GONE        {(holder, name): Gone}, the holder a module ("numpy") or a class of a module ("pandas.core.frame.DataFrame")
    MODULES     {name: Gone}, modules that are gone
    WORDS       {(function or class, keyword): Word}, what they do not take any more
    SPECIAL     {(function, keyword): Gone}, those that functions of their own take: for hints only
    changed(m)  called with each module of the library once it is loaded: mends what is called differently
Meanings are those of the last version that had the thing. Source: the libraries' release notes and manuals.
"""
import sys
import types

from quern.legacy import modules
from quern.legacy.gone import USES


def parts():
    from quern.legacy import matplotlib_part, numpy_part, pandas_part, scipy_part, sklearn_part

    return {"matplotlib": matplotlib_part, "mpl_toolkits": matplotlib_part, "numpy": numpy_part, "pandas": pandas_part,
            "scipy": scipy_part, "sklearn": sklearn_part}


def install(note):
    """In the child of one job."""
    prepare()
    USES.begin(note)


def prepare():
    """Mends what is loaded and what will be."""
    if any(isinstance(finder, modules.Loading) for finder in sys.meta_path):
        return
    found = parts()
    sys.meta_path.insert(0, modules.Loading(found))
    sys.meta_path.append(modules.Removed(found))
    for name, module in sys.modules.copy().items():  # packages stand behind their parts, whose names they hand on
        part = found.get(name.partition(".")[0])
        if part is not None and isinstance(module, types.ModuleType):
            modules.mend(module, part)
