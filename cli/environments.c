// SPDX-License-Identifier: Apache-2.0
#include "cli/environments.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "cli/suggest.h"
#include "quern/memory.h"
#include "quern/own.h"

int environments_check_name(const char *what, const char *name, struct refusal *refusal) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    if (*name && *name != '.' && name[strspn(name, allowed)] == '\0' && strlen(name) < ENVIRONMENT_NAME_BYTES)
        return 0;
    return refuse(refusal, REASON_USAGE, "%s: '%s' is not a name; expected 1 to 64 of A-Z a-z 0-9 _ . -", what, name);
}

// Returns 1 when `directory` has the environment, 0 when it has not. An unusable one leaves its words in `refusal`.
static int read_from(const char *directory, const char *name, struct environments_entry *ret, struct refusal *refusal) {
    auto_free char *text = NULL;
    size_t bytes;
    struct err err;
    int used = snprintf(ret->file, sizeof ret->file, "%s/%s" PLACES_SUFFIX, directory, name);
    if (used < 0 || (size_t)used >= sizeof ret->file)
        return refuse(refusal, REASON_CONFIG, "%s: expected a shorter path", directory);
    auto_fd int fd = open(ret->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (fd < 0)
        return refuse(refusal, REASON_CONFIG, "%s: %s", ret->file, strerror(errno));
    if (memory_read(fd, ret->file, ENVIRONMENT_MAX_BYTES, &text, &bytes, &err) < 0)
        return refuse(refusal, REASON_CONFIG, "%s", err.msg);
    if (strlen(text) != bytes)
        return refuse(refusal, REASON_CONFIG, "%s: expected text, found a NUL", ret->file);
    if (environment_parse(name, text, &ret->environment, &err) < 0)
        return refuse(refusal, (enum reason)err.reason, "%s: %s", ret->file, err.msg);
    return 1;
}

// The name in NAME.conf, in place; false for other files.
static bool take_suffix(char *file) {
    size_t bytes = strlen(file), own = sizeof PLACES_SUFFIX - 1;
    if (bytes <= own || strcmp(file + bytes - own, PLACES_SUFFIX) != 0)
        return false;
    file[bytes - own] = '\0';
    return true;
}

static void offer_names(const char *directory, struct suggest *suggest) {
    DIR *names = opendir(directory);
    if (!names)
        return;
    for (struct dirent *entry; (entry = readdir(names));)
        if (take_suffix(entry->d_name))
            suggest_offer(suggest, entry->d_name);
    closedir(names);
}

static int unknown(char directories[PLACES_DESCRIPTORS][PATH_MAX], const char *what, const char *name,
                   struct refusal *refusal) {
    struct suggest suggest;
    suggest_init(&suggest, name);
    suggest_offer(&suggest, "default");
    for (int i = 0; i < PLACES_DESCRIPTORS; i++)
        offer_names(directories[i], &suggest);
    refuse(refusal, REASON_USAGE, "%s: there is no environment '%s'", what, name);
    if (suggest_best(&suggest))
        refusal_advise(refusal, "did you mean '%s'?", suggest_best(&suggest));
    refusal_advise(refusal, "it would be described in %s/%s" PLACES_SUFFIX,
                   *directories[0] ? directories[0] : directories[1], name);
    return -1;
}

static int find(const char *what, const char *name, struct environments_entry *ret, struct refusal *refusal) {
    char directories[PLACES_DESCRIPTORS][PATH_MAX];
    TRY(environments_check_name(what, name, refusal));
    places_descriptors(directories);
    for (int i = 0; i < PLACES_DESCRIPTORS; i++) {
        int found = *directories[i] ? read_from(directories[i], name, ret, refusal) : 0;
        if (found)
            return found < 0 ? -1 : 0;
    }
    if (strcmp(name, "default") != 0)
        return unknown(directories, what, name, refusal);
    environment_default(&ret->environment);
    ret->file[0] = '\0';
    return 0;
}

int environments_find(const char *name, struct environment *ret, struct refusal *refusal) {
    struct environments_entry entry = {0};
    TRY(find("--env", name, &entry, refusal));
    *ret = entry.environment;
    return 0;
}

int environments_entry(const char *what, const char *name, struct environments_entry *ret, struct refusal *refusal) {
    *ret = (struct environments_entry){0};
    if (find(what, name, ret, refusal) == 0)
        return 0;
    if (refusal->err.reason != REASON_CONFIG)
        return -1;
    snprintf(ret->environment.name, sizeof ret->environment.name, "%s", name);
    snprintf(ret->fault, sizeof ret->fault, "%s", refusal->err.msg);
    return 0;
}

/* ---- all of them ---- */

struct names {
    char (*list)[ENVIRONMENT_NAME_BYTES];
    size_t count;
};

static int add_name(struct names *names, const char *name) {
    struct refusal ignored;
    if (environments_check_name("", name, &ignored) < 0)
        return 0;
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->list[i], name) == 0)
            return 0;
    char(*list)[ENVIRONMENT_NAME_BYTES] = reallocarray(names->list, names->count + 1, sizeof *list);
    if (!list)
        return -1;
    names->list = list;
    snprintf(names->list[names->count++], sizeof *list, "%s", name);
    return 0;
}

static int add_names(struct names *names, const char *directory) {
    DIR *files = opendir(directory);
    int done = 0;
    if (!files)
        return 0;
    for (struct dirent *entry; done == 0 && (entry = readdir(files));)
        if (take_suffix(entry->d_name))
            done = add_name(names, entry->d_name);
    closedir(files);
    return done;
}

static int compare(const void *a, const void *b) { return strcmp(a, b); }

int environments_each(int (*each)(void *context, const struct environments_entry *entry), void *context) {
    char directories[PLACES_DESCRIPTORS][PATH_MAX];
    struct names names = {0};
    places_descriptors(directories);
    int done = add_name(&names, "default");
    for (int i = 0; i < PLACES_DESCRIPTORS && done == 0; i++)
        done = add_names(&names, directories[i]);
    if (done == 0 && names.list)
        qsort(names.list, names.count, sizeof *names.list, compare);
    for (size_t i = 0; i < names.count && done == 0; i++) {
        struct environments_entry entry;
        struct refusal refusal;
        if (environments_entry("", names.list[i], &entry, &refusal) == 0) // one that is gone meanwhile is none
            done = each(context, &entry);
    }
    free(names.list);
    return done;
}
