# SPDX-License-Identifier: Apache-2.0
"""What to say of an exception that `--legacy` would have prevented."""
import re
import sys

from quern.legacy import parts
from quern.legacy.gone import Gone
from quern.legacy.values import UPCAST

OPTION = "--legacy brings it back"
READ_ONLY = "since pandas 3.0 the arrays that a frame hands out are read-only: write .to_numpy(copy=True)"
NO_MODULE = re.compile(r"No module named '([\w.]+)'")
NO_NAME = re.compile(r"cannot import name '(\w+)' from '([\w.]+)'")
NO_ATTRIBUTE = re.compile(r"module '([\w.]+)' has no attribute '(\w+)'")
UNKNOWN = re.compile(r"(\w+(?:\.\w+)*)\(\) got an unexpected keyword argument '(\w+)'")
SURPLUS = re.compile(r"(\w+(?:\.\w+)*)\(\) takes (?:from \d+ to )?\d+ positional arguments? but \d+ (?:were|was) given")


def hint(error, legacy=False):
    """One line, or "". An exception may do anything when it is looked at: then there is none. legacy: the job has it."""
    try:
        if is_read_only(error):
            return READ_ONLY
        name, gone = ("", None) if legacy else find(error)
        return f"{name} {gone.text()}; {OPTION}" if gone else ""
    except BaseException:
        return ""


def is_read_only(error):
    """What an array of a frame says since pandas 3."""
    pandas = sys.modules.get("pandas")
    return (isinstance(error, ValueError) and str(error) == "assignment destination is read-only"
            and int(pandas.__version__.partition(".")[0]) >= 3)


TEXT_OUT = "columns of text beside means and their like", Gone("pandas 2.0", "numeric_only=True")
FLAT = "data of one dimension", Gone("scikit-learn 0.19", "values.reshape(-1, 1), or (1, -1) for one sample")
WORDING = (  # what libraries say of things that have no name there
    ("nested renamer is not supported", ("a dict of new names for agg()", Gone("pandas 1.0", "agg(new=(column, function))"))),
    ("Expected 2D array, got", FLAT), ("Expected a 2-dimensional container but got", FLAT),
    ("Operands are not aligned", ("comparing a frame with a column of other labels", Gone("pandas 2.0", "left.align(right, axis=1)"))),
    ("Can only compare identically-labeled", ("comparing a frame with a column of other labels",
                                              Gone("pandas 2.0", "left.align(right, axis=1)"))),
    ("'StringMethods' object is not iterable", ("unpacking of .str", Gone("pandas 2.0", ".str[0], .str[1]"))),
    ("You can only set the value of existing options", ("the option", Gone("pandas 1.0", "the script without it"))),
    ("with string dtype", TEXT_OUT), ("does not support operation 'mean'", TEXT_OUT))
REDUCED = "mean median std var sum prod quantile corr cov".split()


def worded(error, text):
    for words, (name, gone) in WORDING:
        if words in text:
            return name, gone
    step = error.__traceback__
    while step is not None and text.startswith(("could not convert string to float", "Could not convert")):
        if step.tb_frame.f_code.co_name in REDUCED and "/pandas/core/" in step.tb_frame.f_code.co_filename:
            return TEXT_OUT
        step = step.tb_next
    return "", None


def placed(error):
    """A number in the brackets of a column with other labels."""
    step = error.__traceback__
    while step is not None:
        if type(step.tb_frame.f_locals.get("self")).__name__ == "Series" and type(error.args[0]) is int:
            return "a number as a place in the brackets of a column", Gone("pandas 3.0", ".iloc[]")
        step = step.tb_next
    return "", None


def drawn(text):
    """A keyword that an artist of matplotlib was handed and does not know."""
    match = UNKNOWN.search(text)
    part = parts()["matplotlib"]
    for (function, word), gone in part.WORDS.items() if match else ():
        if word == match[2]:
            return f"{word}= of {function}()", gone
    return "", None


def find(error):
    """(name, its entry)"""
    text = str(error)
    for found_ in (worded(error, text), drawn(text) if isinstance(error, AttributeError) else ("", None),
                   placed(error) if isinstance(error, KeyError) else ("", None)):
        if found_[1]:
            return found_
    if isinstance(error, ModuleNotFoundError):
        match = NO_MODULE.search(text)
        return found(match[1], "MODULES", match[1]) if match else ("", None)
    if isinstance(error, ImportError):
        match = NO_NAME.search(text)
        name = f"{match[2]}.{match[1]}" if match else ""
        return next((one for one in (found(name, "GONE", (match[2], match[1])), found(name, "MODULES", name)) if one[1]),
                    ("", None)) if match else ("", None)
    if isinstance(error, AttributeError):
        match = NO_ATTRIBUTE.match(text)
        return found(f"{match[1]}.{match[2]}", "GONE", match.groups()) if match else method(type(error.obj), error.name)
    if isinstance(error, TypeError) and text.startswith("Invalid value '"):
        return "setting what a column's type cannot hold", UPCAST
    if isinstance(error, TypeError):
        return called(text)
    return "", None


def found(name, table, key):
    """From the table of the library that the name begins with."""
    part = parts().get(name.partition(".")[0])
    return name, part and getattr(part, table).get(key)


def method(kind, name):
    """Of a class, wherever its library says that it stands."""
    for owner in kind.__mro__:
        part = parts().get(owner.__module__.partition(".")[0])
        for (holder, attribute), gone in part.GONE.items() if part else ():
            if attribute == name and holder.endswith(f".{owner.__name__}"):
                return f"{owner.__name__}.{name}", gone
    return "", None


BY_NAME = Gone("pandas 2.0 and scikit-learn 1.0", "their names")


def called(text):
    """Of a function only its name is told: a class that is called as one of theirs is taken for it."""
    match = UNKNOWN.search(text)
    for part in parts().values() if match else ():
        owner, function = match[1].rpartition(".")[::2]
        words = {**part.WORDS, **part.SPECIAL}
        word = words.get((function, match[2])) or words.get((owner.rpartition(".")[2], match[2]))
        if word:
            return f"{match[2]}= of {match[1].removesuffix('.__init__')}()", word
    match = SURPLUS.search(text)
    owner = match[1].partition(".")[0] if match else ""
    if owner and (owner in ("DataFrame", "Series", "NDFrame") or estimator(owner)):
        return f"{match[1].removesuffix('.__init__')}() with arguments by position", BY_NAME
    return "", None


def estimator(name):
    """A public class of scikit-learn."""
    return any(isinstance(getattr(module, name, None), type) for full, module in list(sys.modules.items())
               if full.startswith("sklearn.") and full.count(".") == 1)
