# SPDX-License-Identifier: Apache-2.0
"""What is said about a failed script. Exceptions are the script's: nothing they do may break the saying."""
import _thread
import errno
import os
import traceback

import _quern
from quern import refused, script, tables

TEXT = 4000  # characters of a message
ROOM = 4095  # bytes of a traceback in the record
BEGIN = 1000  # bytes that are kept of the begin of a longer one
HEADER = "Traceback (most recent call last):\n"
OWN = __name__.rpartition(".")[0]
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
HERE = (lambda: None).__code__.co_filename
EXPECTED = (_quern.Failure, tables.BadTable, refused.Refused)  # they carry a reason and need no traceback
PREFIX = f"<frozen {OWN}" if HERE.startswith("<frozen ") else os.path.dirname(HERE) + os.sep


def is_own(filename):
    """Frames of this package and of the import machinery are not the script's business."""
    return filename.startswith((PREFIX, "<frozen importlib", "<frozen runpy"))


def text_of(error):
    try:
        return str(str(error))[:TEXT]
    except BaseException:
        return "<exception str() failed>"


def type_of(error):
    """The name of the exception's class; none for what is no exception of the script."""
    if isinstance(error, EXPECTED):
        return ""
    return str(type.__getattribute__(type(error), "__name__"))


def report(error, ours=False):
    """The traceback as Python prints it, chained exceptions included; without our frames unless the fault is ours."""
    try:
        told = traceback.TracebackException(type(error), error, error.__traceback__, compact=True)
        if not ours:
            strip(told)
        return "".join(told.format())
    except BaseException:
        return f"{type_of(error)}: {text_of(error)}\n"


def classic(error):
    """report() as the classic message has it: always with its first line, and cut in the middle where it is long."""
    told = report(error)
    text = (told if told.startswith(HEADER) else HEADER + told).encode("utf-8", "backslashreplace")
    if len(text) > ROOM:
        gap = b"\n  ...\n"
        text = text[:BEGIN] + gap + text[BEGIN + len(gap) - ROOM:]
    return text.decode("utf-8", "ignore")


def strip(told):
    """Removes our frames from a TracebackException and all that it is chained to."""
    ahead, seen = [told], set()
    while ahead:
        one = ahead.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        one.stack[:] = [frame for frame in one.stack if not is_own(frame.filename)]
        if not one.stack:
            one.stack = None
        ahead += [one.__cause__, one.__context__, *(getattr(one, "exceptions", None) or ())]


def say(text):
    """Writes to the real stderr, whatever the script did to sys.stderr."""
    left = text.encode("utf-8", "backslashreplace")
    try:
        while left:
            left = left[os.write(2, left):]
    except OSError:
        return


def frames(error):
    """[(file, function, line)], outermost first, without ours."""
    found, step = [], error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        if not is_own(code.co_filename):
            found.append((code.co_filename, code.co_name, step.tb_lineno))
        step = step.tb_next
    return found


def line_of(error):
    """(line, in_entry): where the script failed, in the outermost azureml_main, else its innermost line; 0: nowhere in it."""
    if isinstance(error, SyntaxError) and error.filename == script.FILE:
        return int(error.lineno or 0), False
    found = [frame for frame in frames(error) if frame[0] == script.FILE]
    entered = [line for _, function, line in found if function == script.ENTRY]
    return (entered[0], True) if entered else (found[-1][2] if found else 0, False)


def first_frame(error):
    """The traceback from the script's first frame on, for the debugger; None if there is none."""
    step = error.__traceback__
    while step is not None and is_own(step.tb_frame.f_code.co_filename):
        step = step.tb_next
    return step


def exit_code(error):
    """What Python makes of SystemExit: (code, text for stderr)."""
    code = error.code
    if code is None:
        return 0, ""
    if isinstance(code, int):
        return code & 0xFF, ""
    return 1, text_of(code) + "\n"


def is_full_of_threads():
    """Whether the kernel refuses one more: such an error is told in words only, and in those of other errors."""
    try:
        _thread.start_new_thread(lambda: None, ())
    except RuntimeError:
        return True
    return False


def reason_of(error, otherwise):
    """(reason, message) of an exception that is not SystemExit."""
    if isinstance(error, EXPECTED):
        return error.reason, text_of(error)
    if isinstance(error, MemoryError):
        return _quern.REASON_LIMIT_MEMORY, text_of(error)
    if isinstance(error, OSError) and error.errno in FULL:
        return _quern.REASON_LIMIT_DISK, text_of(error)
    if isinstance(error, OSError) and error.errno == errno.EMFILE:
        return _quern.REASON_LIMIT_OPEN_FILES, text_of(error)
    if isinstance(error, (BlockingIOError, RuntimeError)) and is_full_of_threads():
        return _quern.REASON_LIMIT_PROCESSES, text_of(error)
    return otherwise, text_of(error)
