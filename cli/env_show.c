// SPDX-License-Identifier: Apache-2.0
// `quern env show NAME`: what an environment says, and what is found when it is started as for a job.
#include <inttypes.h>
#include <string.h>

#include "cli/environment_json.h"
#include "cli/limits_told.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "quern/prove.h"

// An entry and its proof: `err.reason` is set when it has none.
struct shown {
    struct environments_entry entry;
    struct host_ready ready;
    struct err err;
};

static void prove(struct shown *shown) {
    if (*shown->entry.fault)
        err_set(&shown->err, REASON_CONFIG, "%s", shown->entry.fault);
    else if (environment_prove(&shown->entry.environment, &shown->ready, &shown->err) == 0)
        shown->err.reason = 0;
}

static void print_preload(const struct environment *environment, struct terminal *out) {
    terminal_say(out, "%-9s", "preload");
    for (uint32_t i = 0; i < environment->preload_count; i++)
        terminal_say(out, " %s", environment->preload[i]);
    terminal_say(out, "\n");
}

static void print_text(const struct shown *shown, struct terminal *out) {
    const struct environment *environment = &shown->entry.environment;
    terminal_say(out, "%-9s %s\n", "name", environment->name);
    terminal_say(out, "%-9s %s\n", "file", *shown->entry.file ? shown->entry.file : "none: it is built in");
    if (!*shown->entry.fault) {
        terminal_say(out, "%-9s %s\n", "python", environment->python);
        print_preload(environment, out);
        terminal_say(out, "%-9s %s\n", "legacy", environment->legacy ? "yes" : "no");
        terminal_say(out, "%-9s %s\n", "network", environment->network_open ? "open" : "denied");
        limits_told_environment(environment, out);
    }
    if (shown->err.reason)
        return;
    terminal_say(out, "%-9s Python %s, pandas %s, timestamps in %s\n", "found", shown->ready.python,
                 shown->ready.pandas,
                 strcmp(environment_profile_name(&shown->ready), "ns") == 0 ? "ns" : "s, ms, us and ns");
    terminal_say(out, "%-9s in %.2f s, jail %s\n", "starts", (double)shown->ready.import_us / 1e6,
                 jail_level_name((enum jail_level)shown->ready.facts.level));
}

static int print_json(const struct shown *shown, struct refusal *refusal) {
    json_t *object = environment_json(&shown->entry, shown->err.reason ? shown->err.msg : NULL);
    if (object)
        json_object_set_new(object, "found", environment_json_found(shown->err.reason ? NULL : &shown->ready));
    return environment_json_print(object) ? 0 : refuse(refusal, REASON_INFRA, "out of memory for an environment");
}

int verb_env_show(const struct command_line *line) {
    struct shown shown = {0};
    struct refusal refusal;
    struct terminal out;
    if (environments_entry("NAME", line->operands[0], &shown.entry, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    prove(&shown);
    if (command_given(line, "--json")) {
        if (print_json(&shown, &refusal) < 0)
            return refusal_print(&refusal, stderr);
        return shown.err.reason ? err_exit_code(&shown.err) : 0;
    }
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    print_text(&shown, &out);
    if (!shown.err.reason)
        return 0;
    fflush(stdout);
    refuse(&refusal, (enum reason)shown.err.reason, "%s", shown.err.msg);
    return refusal_print(&refusal, stderr);
}
