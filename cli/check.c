// SPDX-License-Identifier: Apache-2.0
// `quern check SCRIPT`: what is wrong with a script, without running it.
#include "cli/environments.h"
#include "cli/job_flags.h"
#include "cli/lint.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

// What this machine does not have its workers may.
static int blame_environment(const char *name, struct refusal *refusal) {
    if (refusal->err.reason == REASON_USAGE)
        refusal_advise(refusal,
                       "where only workers have it: quern check without --env reads all but what hangs on its "
                       "libraries, and quern submit --env %s is not held up",
                       name);
    return -1;
}

static int build(const struct command_line *line, struct job *job, struct environment *environment,
                 struct refusal *refusal) {
    struct err err;
    TRY(job_flags_read(line, job, refusal));
    TRY(environments_check_name("--env", job->environment, refusal));
    if (environments_find(job->environment, environment, refusal) < 0)
        return blame_environment(job->environment, refusal);
    job->legacy |= environment->legacy;
    return job_check(job, &err) < 0 ? refuse(refusal, REASON_USAGE, "%s", err.msg) : 0;
}

static void tell_verdict(const struct lint *lint, const char *path) {
    struct terminal notes;
    uint32_t warnings = lint->count - lint->errors;
    terminal_open(&notes, stderr, TERMINAL_COLOUR_AUTO);
    if (lint->errors)
        terminal_say(&notes, "✕ %s cannot run: %u error%s, %u warning%s\n", path, lint->errors,
                     lint->errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
    else if (warnings)
        terminal_say(&notes, "✓ %s may run: %u warning%s\n", path, warnings, warnings == 1 ? "" : "s");
    else
        terminal_say(&notes, "✓ %s: nothing is wrong with it that can be seen\n", path);
}

static int check(const struct command_line *line, struct job *job, struct refusal *refusal) {
    const char *path = line->operands[0];
    struct environment environment;
    struct lint lint;
    TRY(build(line, job, &environment, refusal));
    TRY(lint_run(job, &environment, &lint, refusal));
    int code = lint.errors || (lint.count && command_given(line, "--werror")) ? refusal_code(REASON_EXCEPTION) : 0;
    if (command_given(line, "--json")) {
        if (lint_print_json(&lint, path, stdout, refusal) < 0)
            code = -1;
    } else {
        lint_print(&lint, path, stdout);
        fflush(stdout);
        tell_verdict(&lint, path);
    }
    lint_done(&lint);
    return code;
}

int verb_check(const struct command_line *line) {
    struct refusal refusal = {0};
    struct job job;
    job_defaults(&job);
    int code = check(line, &job, &refusal);
    job_free(&job);
    return code < 0 ? refusal_print(&refusal, stderr) : code;
}
