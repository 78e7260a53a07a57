// SPDX-License-Identifier: Apache-2.0
// `quern env rm NAME`: first the descriptor, so that nobody begins with what is about to go, then what `create` made.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "cli/change.h"
#include "cli/environments.h"
#include "cli/terminal.h"
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

// Jobs hold it while they run (environment_hold()); who holds it whole keeps new ones out. -1 for what is not there.
static int hold_whole(const char *name, const char *directory, int *ret_fd, struct refusal *refusal) {
    auto_fd int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno != ENOENT)
        return refuse(refusal, REASON_CONFIG, "%s: %s", directory, strerror(errno));
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0)
        return refuse(refusal, REASON_INFRA, "NAME: jobs run in '%s' now: remove it when they have ended", name);
    *ret_fd = steal_fd(&fd);
    return 0;
}

static int remove_made(const struct environments_entry *entry, const char *made, const char *directory,
                       struct refusal *refusal) {
    const char *name = entry->environment.name;
    struct refusal untidy;
    auto_fd int lock = change_begin(made, refusal);
    TRY(lock);
    auto_fd int whole = -1;
    TRY(hold_whole(name, directory, &whole, refusal));
    TRY(change_mark(made, name, entry->file, refusal));
    int taken = take_descriptor(entry, refusal);
    int settled = change_settle(made, name, taken < 0 ? &untidy : refusal);
    return taken < 0 ? -1 : settled;
}

static int remove_all(const char *name, struct terminal *out, struct refusal *refusal) {
    char made[PATH_MAX], directory[PATH_MAX];
    struct environments_entry entry;
    TRY(environments_entry("NAME", name, &entry, refusal));
    TRY(places_made(made, refusal));
    snprintf(directory, sizeof directory, "%.3900s/%s", made, name);
    bool ours = is_ours(&entry, directory);
    TRY(ours ? remove_made(&entry, made, directory, refusal) : take_descriptor(&entry, refusal));
    terminal_say(out, "removed %s\n", entry.file);
    if (ours)
        terminal_say(out, "removed %s\n", directory);
    return 0;
}

int verb_env_rm(const struct command_line *line) {
    struct refusal refusal;
    struct terminal out;
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    return remove_all(line->operands[0], &out, &refusal) < 0 ? refusal_print(&refusal, stderr) : 0;
}
