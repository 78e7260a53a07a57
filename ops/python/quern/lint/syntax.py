# SPDX-License-Identifier: Apache-2.0
"""Whether Python takes the text at all; what it says of Python 2 and of notebooks is told in words that help."""
import ast
import importlib.util
import re
import warnings

from quern.lint import Finding

FILE = "user_script.py"
LOOKED_AT = 1000  # characters of a line that may tell whose it is
OLD = (
    (re.compile(r"Missing parentheses in call to '(print|exec)'"), "this is Python 2: write {0}(...)"),
    (re.compile(r"multiple exception types must be parenthesized"),
     "this is Python 2: write `except (A, B):`, or `except A as error:` for its `except A, error:`"),
    (re.compile(r"leading zeros in decimal integer literals"), "this is Python 2: write 0o17 for its 017"),
    (re.compile(r"invalid (decimal|hexadecimal) literal"), ""),
    (re.compile(r"inconsistent use of tabs"), "write each level with the same tabs or blanks; `expand` makes blanks of tabs"),
)
LINES = (
    (re.compile(r"\s*%%?[A-Za-z]"), "this is a line of a notebook: take it out"),
    (re.compile(r"\s*![A-Za-z]"), "this is a shell command of a notebook: take it out; `quern env create` installs packages"),
    (re.compile(r"\s*\?|.*[\w)]\?\s*$"), "this is a question to a notebook: take it out"),
    (re.compile(r"\s*>>> |\s*In \[\d*\]:"), "this is a prompt: take it out"),
    (re.compile(r"\s*raise\s+[\w.]+\s*,"), "this is Python 2: write raise Error(text)"),
    (re.compile(r".*<>"), "this is Python 2: write != for its <>"),
    (re.compile(r".*\bur['\"]"), "this is Python 2: write r'...'"),
    (re.compile(r".*\b\d+[lL]\b"), "this is Python 2: write 1 for its 1L"),
    (re.compile(r"\s*print\s+[^\s(=]|\s*print\s*>>"), "this is Python 2: write print(...)"),
    (re.compile(r"\s*exec\s+['\"\w]"), "this is Python 2: write exec(...)"),
    (re.compile(r".*`"), "this is Python 2: write repr(x) for its `x`"),
    (re.compile(r"\s*def\s+\w+\s*\(.*\("), "this may be Python 2: its arguments in brackets are gone"),
    (re.compile(r".*[\u201c\u201d\u2018\u2019]"), "these are the quotes of a word processor: write \" or '"),
    (re.compile(r".*\u00a0"), "there is a blank that is none (U+00A0): write an ordinary one"),
)


def read(source):
    """(text, tree of ast or None, findings) of bytes; compiled as a run compiles it."""
    try:
        text = importlib.util.decode_source(source)
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        return "", None, [Finding(0, 0, "error", "syntax", f"the text cannot be read: {error}; save it as UTF-8, or name its "
                                  "encoding in the first line: # -*- coding: latin-1 -*-")]
    found = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            tree = compile(source, FILE, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
            compile(source, FILE, "exec", dont_inherit=True)
        except SyntaxError as error:
            return text, None, [refused(error, text)]
        except ValueError as error:  # a NUL
            return text, None, [Finding(0, 0, "error", "syntax", str(error))]
        except (RecursionError, MemoryError):
            return text, None, [Finding(0, 0, "warning", "syntax", "the text is nested too deeply to be read")]
    found += [Finding(one.lineno or 0, 0, "warning", "syntax", str(one.message)) for one in caught]
    return text, tree, found


def refused(error, text):
    line = error.lineno or 0
    lines = text.splitlines()
    words = lines[line - 1] if 0 < line <= len(lines) else ""
    advice = advised(str(error.msg), words)
    kind = type(error).__name__
    return Finding(line, error.offset or 0, "error", "syntax", f"{kind}: {error.msg}" + (f"; {advice}" if advice else ""))


def advised(message, words):
    for pattern, advice in OLD:
        match = pattern.search(message)
        if match and advice:
            return advice.format(*match.groups())
    for pattern, advice in LINES:
        if pattern.match(words[:LOOKED_AT]):
            return advice
    return ""
