# SPDX-License-Identifier: Apache-2.0
"""What hostile scripts share; each gets it in its bundle. An answer is "ok", another short word, or the name of an error."""
import contextlib
import ctypes
import errno
import json
import os

LIBC = ctypes.CDLL(None, use_errno=True)
BAD = ctypes.c_void_p(-1)  # an address that nobody has


def say(found):
    """What the script found out: the last line that it prints."""
    print(json.dumps(found, sort_keys=True), flush=True)


def tried(what, *arguments):
    """"ok", or the name of the error that calling it raised."""
    try:
        value = what(*arguments)
    except OSError as error:
        return errno.errorcode.get(error.errno, type(error).__name__)
    except Exception as error:  # whatever it is: its name is the answer
        return type(error).__name__
    with contextlib.suppress(Exception):
        value.close()
    return "ok"


def all_tried(attempts):
    """{name: (function, arguments...)} → {name: answer}"""
    return {name: tried(*attempt) for name, attempt in attempts.items()}


def system_call(number, *arguments):
    """The result of a raw system call; OSError when it failed."""
    ctypes.set_errno(0)
    result = LIBC.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def library_call(name, *arguments):
    """The same of a function of the C library."""
    ctypes.set_errno(0)
    result = getattr(LIBC, name)(*arguments)
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def in_child(function, *arguments):
    """Runs it in a process of its own: its exit code, or the signal that ended it as a negative number."""
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(function(*arguments) or 0)
        except BaseException:
            os._exit(99)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
