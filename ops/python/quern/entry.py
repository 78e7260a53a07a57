# SPDX-License-Identifier: Apache-2.0
"""Runs one job in this process. Called by glue.c: get_ready() when the process is forked, run() once.

`call`: dict of task ("run", "type"), id, requests (fd or -1), dialect, strict, debug, legacy, streams (whether stdout and stderr
are no pipes, as they were before), profile, limit (bytes of one result), directory (the current one), script (bytes), script_name,
bundle (fd or -1), bundle_name, table (fd), table_name, separator, header, columns [name] (none: all), inputs [(port, fd, name, kind,
parameter)], params {key: value}.
`answers`: note(about, text), file() → descriptor of an empty file for the next result, result(port, name, rows, fd),
object(name, kind, fd), traceback(text), raised(reason, detail, type, message, line, in_entry, met): met as failures.met() has it.
"""
import os
import sys

import _quern
import quern
from quern import (calling, channel, columns, failures, foreign, given, names, objects, refused, results, script, settings, standin,
                   surroundings, tables, windows)

NOTES = 1000
CLASSIC = ("classic", "studio")  # their message has the traceback
getpid = os.getpid  # a script may put another in its place
quern.inputs, quern.Object, quern.File = given.Inputs(), objects.Object, objects.File
BEGINNING = b"import os\ndef azureml_main():\n    os.getpid()\n"
HELD = []  # the inputs, until the process ends: only then does the worker measure what was changed of them


class Job:
    """One call, and which of its parts is under way: a failure there has the reason `blame`."""

    def __init__(self, call, answers):
        self.call, self.answers = call, answers
        self.process = getpid()
        self.blame = _quern.REASON_BUG
        self.legacy = call["legacy"] or "quern.legacy" in sys.modules  # the environment's own wish
        self.notes = 0

    def note(self, about, text):
        """For the log; the conversation takes a bounded number of answers."""
        self.notes += 1
        if self.notes < NOTES:
            self.answers.note(about, text)
        elif self.notes == NOTES:
            self.answers.note("", "further notes are left out")

    def notes_about(self, dataset):
        """A function like note() for what is said of one dataset's columns."""
        return lambda column, text: self.note(dataset, text)


def get_ready(directory):
    """Once, before the job is known and any submitted byte is here: what all jobs have in common."""
    surroundings.set_up(directory)
    script.prepare(directory)
    standin.install()


class Rehearsal:
    """The answers of a script of our own, which has nothing to say."""

    def raised(self, reason, detail, kind, message, line, in_entry, met):
        raise RuntimeError(f"{kind}: {message} (line {line})")


def rehearse(call):
    """A script of our own on the way of a job, in a child that waits for one: it touches what the job will touch. Nothing
    of it stays."""
    run({**call, "task": "rehearse"}, Rehearsal())


def begin(call):
    """rehearse() as far as the first line of a short script, for a child that has waited long: the processor's caches have
    what the job will touch before anybody waits for it."""
    run({**call, "task": "begin", "script": BEGINNING}, Rehearsal())


def run(call, answers):
    """Does the task and answers; raises only what means that the conversation is broken."""
    job = Job(call, answers)
    try:
        if call["streams"]:
            surroundings.open_streams()
        TASKS[call["task"]](job)
    except BaseException as error:
        failed(job, error)
    finally:
        leave_if_forked(job)
        surroundings.flush()


def leave_if_forked(job, code=0):
    """A copy of the process that the script made with os.fork() must not answer; it ends as a program would."""
    if getpid() != job.process:
        surroundings.flush()
        os._exit(code)


def failed(job, error):
    """Prints what the script's author needs, says RAISED."""
    surroundings.flush()
    met = failures.met(error)
    if isinstance(error, SystemExit):
        code, text = failures.exit_code(error)
        failures.say(text)
        leave_if_forked(job, code)
        raised(job, error, _quern.REASON_EXIT, code, f"the script called sys.exit({text[:-1]!r})" if text else f"the script called sys.exit({code})", met)
        return
    reason, message = failures.reason_of(error, job.blame)
    if not isinstance(error, failures.EXPECTED):
        failures.say(failures.report(error, ours=reason == _quern.REASON_BUG))
        suggest(job, error)
    leave_if_forked(job, 1)
    if job.call["debug"]:
        from quern import debugger  # pdb is not part of a warm interpreter

        debugger.post_mortem(error)
    number = getattr(error, "number", 0) if isinstance(error, failures.EXPECTED) else 0
    raised(job, error, reason, number, message, met)


def raised(job, error, reason, detail, message, met):
    """The last answer: why there is no result."""
    if job.call["dialect"] in CLASSIC and not isinstance(error, failures.EXPECTED):
        job.answers.traceback(failures.classic(error))
    job.answers.raised(reason, detail, failures.type_of(error), message, *failures.line_of(error), met)
    failures.say(surroundings.waited_for())
    surroundings.finish()


def run_script(job):
    """From the bundle to the results, and what a program does at its end."""
    quern.job_id = job.call["id"]
    channel.open_line(job.call["requests"], job.note)
    module = call_script(job)
    job.blame = _quern.REASON_EXCEPTION
    script.flush(module)
    surroundings.finish()


def rehearse_script(job):
    """run_script() without what can be done only once."""
    job.legacy = False
    channel.rehearse(job.note)
    script.flush(call_script(job))
    take_back(job)


def begin_script(job):
    job.legacy = False
    channel.rehearse(job.note)
    load_script(job)
    take_back(job)


def take_back(job):
    HELD.clear()
    script.forget(job.call["directory"])


def load_script(job):
    """Bundle, inputs, script. Returns the script's module and the inputs."""
    call = job.call
    quern.params.update(settings.typed(call["params"]))
    unpack(job)
    inputs = [given.Input(*one, job.notes_about(one[2])) for one in call["inputs"]]
    quern.inputs._fill(inputs)
    HELD.append(inputs)
    refused.script(call["script"], call["script_name"], call, job.note)
    job.blame = _quern.REASON_EXCEPTION
    if job.legacy:
        bring_back(job)
    return script.load(call["script"]), inputs


def call_script(job):
    """Script, call, results. Returns the script's module."""
    call = job.call
    module, inputs = load_script(job)
    main = getattr(module, script.ENTRY)
    positional, keywords = calling.called(main, inputs, quern.params, call["dialect"], job.note)
    HELD.append((positional, keywords))
    value = main(*positional, **keywords)
    leave_if_forked(job)
    calling.say_unused(inputs, job.note)
    job.blame = _quern.REASON_BAD_RESULT
    value = objects.wrapped(value) if call["dialect"] == "quern" else value
    answer(job, results.declared(results.outputs(value, call["dialect"], job.note), quern._outputs))
    return module


def bring_back(job):
    from quern import legacy  # few jobs need it

    legacy.install(job.note)


def suggest(job, error):
    """Says when the failure is of something that a library lacks today, of Python 2 or of a notebook, or what is near."""
    from quern.legacy import hints

    text = hints.hint(error, bool(job.call.get("legacy")))
    if text:
        job.note("legacy", text)
    else:
        text = advised(error)
    if text:
        failures.say(f"hint: {text}\n")


def advised(error):
    """The advice, or "" where the script left no descriptor or memory to load what gives it."""
    try:
        from quern.lint import advice

        return advice.of(error)
    except Exception:
        return ""


def unpack(job):
    call = job.call
    if call["bundle"] < 0:
        return
    directory = os.open(script.bundle(call["directory"]), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        files = _quern.unpack_bundle(call["bundle"], directory, call["bundle_ceilings"])
    finally:
        os.close(directory)
    if windows.is_spelled(call["script"]):
        windows.link(call["directory"])
    print(f"{script.BUNDLE}: unpacked {call['bundle_name']}, {files} file{'' if files == 1 else 's'}")
    refused.bundle(script.bundle(call["directory"]), call, job.note)


def answer(job, outputs, about=""):
    """Each output as a segment or object; notes call it `about`, or by the name that it will have."""
    for output in outputs:
        file = job.answers.file()
        try:
            write(job, output, about, file)
            leave_if_forked(job)
            tell(job, output, file)
        finally:
            os.close(file)


def write(job, output, about, file):
    """One output into its file, which is empty."""
    port, name, made = output
    limit, note = job.call["limit"], job.notes_about(about or name or f"dataset{port}")
    if isinstance(made, objects.Object):
        objects.store(made, name, limit, file)
        return
    labels = names.columns(made.columns, job.call["dialect"])
    if isinstance(made, foreign.Table):
        made.segment(labels, limit, note, file)
    else:
        columns.segment(made, labels, job.call["profile"], limit, note, file, job.call["strict"])


def tell(job, output, file):
    port, name, made = output
    if isinstance(made, objects.Object):
        job.answers.object(name, objects.KINDS[made.kind], file)
    else:
        job.answers.result(port, name, len(made), file)


def type_table(job):
    """A text table as output 1."""
    call = job.call
    made = tables.read(call["table"], call["table_name"], call["separator"], call["header"], call["columns"], job.note)
    answer(job, [(1, "", made)], call["table_name"])


TASKS = {"run": run_script, "type": type_table, "rehearse": rehearse_script, "begin": begin_script}
