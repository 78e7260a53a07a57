// SPDX-License-Identifier: Apache-2.0
// `quern env ls`: the environments that --env knows. Nothing is started: `quern env show` does that.
#include <string.h>
#include <unistd.h>

#include "cli/environment_json.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "cli/verbs.h"

struct listing {
    struct terminal out;
    uint32_t width;
    bool failed;
};

static int measure(void *context, const struct environments_entry *entry) {
    struct listing *listing = context;
    uint32_t width = text_width(entry->environment.name);
    listing->width = width > listing->width ? width : listing->width;
    return 0;
}

static const char *fault_of(const struct environments_entry *entry) {
    if (*entry->fault)
        return entry->fault;
    return access(entry->environment.python, X_OK) < 0 ? "there is no such interpreter" : "";
}

static int print_row(void *context, const struct environments_entry *entry) {
    struct listing *listing = context;
    const struct environment *environment = &entry->environment;
    const char *fault = fault_of(entry);
    terminal_say(&listing->out, "%-*s  ", (int)listing->width, environment->name);
    if (!*entry->fault)
        terminal_say(&listing->out, "%s%s", environment->python, environment->network_open ? "  network open" : "");
    if (*fault) {
        terminal_style(&listing->out, TERMINAL_RED);
        terminal_say(&listing->out, "%s%s", *entry->fault ? "" : "  ", fault);
        terminal_style(&listing->out, TERMINAL_PLAIN);
    }
    terminal_say(&listing->out, "\n");
    return 0;
}

static int print_json(void *context, const struct environments_entry *entry) {
    struct listing *listing = context;
    listing->failed = !environment_json_print(environment_json(entry, fault_of(entry)));
    return listing->failed;
}

int verb_env_ls(const struct command_line *line) {
    struct listing listing = {0};
    bool json = command_given(line, "--json") != NULL;
    terminal_open(&listing.out, stdout, TERMINAL_COLOUR_AUTO);
    if (!json)
        environments_each(measure, &listing);
    environments_each(json ? print_json : print_row, &listing);
    if (!listing.failed)
        return 0;
    struct refusal refusal;
    refuse(&refusal, REASON_INFRA, "out of memory for a list of environments");
    return refusal_print(&refusal, stderr);
}
