// SPDX-License-Identifier: Apache-2.0
// `quern env rm NAME`: first the descriptor, so that nobody begins with what is about to go, then what `create` made.
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/environments.h"
#include "cli/terminal.h"
#include "cli/venv.h"
#include "cli/verbs.h"
#include "quern/own.h"

// Only what `quern env create` made under this name is removed with it; another venv is its owner's.
static bool is_ours(const struct environments_entry *entry, const char *directory) {
    size_t bytes = strlen(directory);
    return !*entry->fault && strncmp(entry->environment.python, directory, bytes) == 0 &&
           entry->environment.python[bytes] == '/';
}

static int take_descriptor(const struct environments_entry *entry, struct refusal *refusal) {
    if (!*entry->file)
        return refuse(refusal, REASON_USAGE, "NAME: '%s' is built in", entry->environment.name);
    if (unlink(entry->file) == 0 || errno == ENOENT)
        return 0;
    return refuse(refusal, REASON_CONFIG, "removing %s: %s", entry->file, strerror(errno));
}

static int remove_all(const char *name, struct terminal *out, struct refusal *refusal) {
    char made[PATH_MAX], directory[PATH_MAX];
    struct environments_entry entry;
    TRY(environments_entry("NAME", name, &entry, refusal));
    TRY(places_made(made, refusal));
    snprintf(directory, sizeof directory, "%.3900s/%s", made, name);
    bool ours = is_ours(&entry, directory);
    auto_fd int lock = ours ? venv_lock(made, refusal) : -1;
    if (ours)
        TRY(lock);
    TRY(take_descriptor(&entry, refusal));
    terminal_say(out, "removed %s\n", entry.file);
    if (!ours)
        return 0;
    TRY(venv_remove(directory, refusal));
    terminal_say(out, "removed %s\n", directory);
    return 0;
}

int verb_env_rm(const struct command_line *line) {
    struct refusal refusal;
    struct terminal out;
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    return remove_all(line->operands[0], &out, &refusal) < 0 ? refusal_print(&refusal, stderr) : 0;
}
