# SPDX-License-Identifier: Apache-2.0
"""What is said about a failed script. Exceptions are the script's: nothing they do may break the saying."""
import _thread
import errno
import os
import resource
import traceback

import _quern
from quern import refused, scratch, script, tables

TEXT = 4000  # characters of a message
ROOM = 4095  # bytes of a traceback in the record
BEGIN = 1000  # bytes that are kept of the begin of a longer one
HEADER = "Traceback (most recent call last):\n"
OWN = __name__.rpartition(".")[0]
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
LIMITS = {**dict.fromkeys(FULL, _quern.REASON_LIMIT_DISK), errno.EMFILE: _quern.REASON_LIMIT_OPEN_FILES}
FORKS = ("fork", "forkpty", "fork_exec", "_fork_exec", "posix_spawn", "posix_spawnp")
NO_THREAD = ("can't start new thread",)  # all that the interpreter says of one that the kernel refused
JOB = "/run/job"  # the work directory where it is a file system of its own
MAPPINGS = 65530  # the kernel's usual most of a process
STACK = 8 << 20  # of a thread, where nobody says another size
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


def chained(first, links=("__cause__", "__context__")):
    """An exception and all that it is chained to, each once; of the TracebackException that was made of it as well."""
    ahead, seen = [first], set()
    while ahead:
        one = ahead.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        ahead += [getattr(one, link) for link in links] + [*(getattr(one, "exceptions", None) or ())]


def strip(told):
    """Removes our frames from a TracebackException and all that it is chained to."""
    for one in chained(told):
        one.stack[:] = [frame for frame in one.stack if not is_own(frame.filename)]
        if not one.stack:
            one.stack = None


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


# ---- limits ----

def is_full_of_threads():
    """Whether the kernel refuses one more at this moment."""
    try:
        _thread.start_new_thread(lambda: None, ())
    except RuntimeError:
        return True
    return False


def space_of(figure):
    """Bytes of address space: "VmSize" now, "VmPeak" the most that there ever was; 0 where nobody tells."""
    try:
        with open("/proc/self/status", "rb") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith(figure.encode() + b":"))
    except (OSError, StopIteration):
        return 0


def most_mappings():
    try:
        with open("/proc/sys/vm/max_map_count", "rb") as file:
            return int(file.read())
    except (OSError, ValueError):
        return MAPPINGS


def is_full_of_mappings():
    """Whether the process has as many as the kernel gives one, but for a hundredth: a library may have given some back. In small
    pieces: there is little memory, perhaps."""
    count = 0
    try:
        with open("/proc/self/maps", "rb", 0) as maps:
            while piece := maps.read(4096):
                count += piece.count(b"\n")
        return count >= most_mappings() * 0.99
    except (OSError, MemoryError):
        return False


def limit_of_threads():
    """Which limit refuses a thread: that of threads, or that of memory, which has no room for its stack. Who has unwound
    since has joined them perhaps: then what there was at most has to tell."""
    if is_full_of_mappings():
        return _quern.REASON_NONE
    space = space_of("VmSize" if is_full_of_threads() else "VmPeak")
    most = resource.getrlimit(resource.RLIMIT_AS)[0]
    short = most != resource.RLIM_INFINITY and space + (_thread.stack_size() or STACK) > most
    return _quern.REASON_LIMIT_MEMORY if short else _quern.REASON_LIMIT_PROCESSES


def is_of_fork(error):
    """Whether what would have to be tried again is a new process: EAGAIN is said of sockets, too. The innermost line names
    the function."""
    last = traceback.extract_tb(error.__traceback__, -1)
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    named = [name for name in FORKS if step is not None and name in step.tb_frame.f_code.co_names]
    return any(not last[0].line or name in last[0].line for name in named)


def is_of_memory(error):
    return isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM)


def limit_of(error):
    """The limit whose refusal this one exception tells; REASON_NONE: it tells of none."""
    if is_of_memory(error):
        return _quern.REASON_NONE if is_full_of_mappings() else _quern.REASON_LIMIT_MEMORY
    if isinstance(error, BlockingIOError) and error.errno == errno.EAGAIN and is_of_fork(error):
        return _quern.REASON_LIMIT_PROCESSES
    if isinstance(error, OSError):
        return LIMITS.get(error.errno, _quern.REASON_NONE)
    if type(error) is RuntimeError and error.args == NO_THREAD:
        return limit_of_threads()
    return _quern.REASON_NONE


def limits_of(error, *links):
    """[(exception, limit)] of it and of those that it is chained to."""
    found = []
    try:
        for one in chained(error, *links):
            found.append((one, limit_of(one)))
    except BaseException:
        pass
    return [(one, limit) for one, limit in found if limit]


def why_no_limit(error):
    """What is said behind the text of an exception that only looks like a limit of the job's."""
    try:
        lacks = is_of_memory(error) or (type(error) is RuntimeError and error.args == NO_THREAD)
        return "the process has as many mappings as the kernel gives one" if lacks and is_full_of_mappings() else ""
    except BaseException:
        return ""


def reason_of(error, otherwise):
    """(reason, message) of an exception that is not SystemExit. A limit is the reason when the exception tells of it, or one
    that it says was its cause: what failed while another was handled may be a fault of its own."""
    if isinstance(error, EXPECTED):
        return error.reason, text_of(error)
    for one, limit in limits_of(error, ("__cause__",)):
        return limit, text_of(one) if one is error else f"{text_of(error)}: {text_of(one)}"
    return otherwise, ": ".join(filter(None, (text_of(error), why_no_limit(error))))


def is_full_of_files():
    try:
        os.close(os.dup(2))
    except OSError as error:
        return error.errno == errno.EMFILE
    return False


def is_full_disk():
    """Where the work directory is a file system of its own. Elsewhere the worker looks at it."""
    if scratch.home != JOB:
        return False
    try:
        found = os.statvfs(JOB)
    except OSError:
        return False
    return found.f_bfree == 0 or found.f_ffree == 0


def met(error):
    """The limits that the script has reached, a bit for each: those that are used up now, before anything is unwound, and
    those that what the exception is chained to tells of. A library may have put words of its own in their place."""
    found = {limit for _, limit in limits_of(error)}
    if is_full_of_files():
        found.add(_quern.REASON_LIMIT_OPEN_FILES)
    if is_full_disk():
        found.add(_quern.REASON_LIMIT_DISK)
    if is_full_of_threads() and limit_of_threads() == _quern.REASON_LIMIT_PROCESSES:
        found.add(_quern.REASON_LIMIT_PROCESSES)
    return sum(1 << limit for limit in found)
