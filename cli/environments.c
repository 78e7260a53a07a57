// SPDX-License-Identifier: Apache-2.0
#include "cli/environments.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "cli/suggest.h"
#include "quern/memory.h"
#include "quern/own.h"

enum { DIRECTORIES = 2 };

static const char suffix[] = ".conf";

struct directories {
    char path[DIRECTORIES][PATH_MAX]; // empty: there is none
};

static void find_directories(struct directories *ret) {
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    *ret = (struct directories){.path = {"", "/etc/quern/environments"}};
    if (config && *config == '/')
        snprintf(ret->path[0], PATH_MAX, "%s/quern/environments", config);
    else if (home && *home == '/')
        snprintf(ret->path[0], PATH_MAX, "%s/.config/quern/environments", home);
}

static int check_name(const char *name, struct refusal *refusal) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    if (*name && *name != '.' && name[strspn(name, allowed)] == '\0' && strlen(name) < ENVIRONMENT_NAME_BYTES)
        return 0;
    return refuse(refusal, REASON_USAGE, "--env: '%s' is not a name; expected 1 to 64 of A-Z a-z 0-9 _ . -", name);
}

// Returns 1 when `directory` has the environment, 0 when it has not.
static int read_from(const char *directory, const char *name, struct environment *ret, struct refusal *refusal) {
    char path[PATH_MAX + ENVIRONMENT_NAME_BYTES + sizeof suffix];
    auto_free char *text = NULL;
    size_t bytes;
    struct err err;
    snprintf(path, sizeof path, "%s/%s%s", directory, name, suffix);
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (fd < 0)
        return refuse(refusal, REASON_CONFIG, "%s: %s", path, strerror(errno));
    if (memory_read(fd, path, ENVIRONMENT_MAX_BYTES, &text, &bytes, &err) < 0)
        return refuse(refusal, REASON_CONFIG, "%s", err.msg);
    if (strlen(text) != bytes)
        return refuse(refusal, REASON_CONFIG, "%s: expected text, found a NUL", path);
    if (environment_parse(name, text, ret, &err) < 0)
        return refuse(refusal, (enum reason)err.reason, "%s: %s", path, err.msg);
    return 1;
}

static void offer_names(const char *directory, struct suggest *suggest) {
    DIR *names = opendir(directory);
    if (!names)
        return;
    for (struct dirent *entry; (entry = readdir(names));) {
        size_t bytes = strlen(entry->d_name), own = sizeof suffix - 1;
        if (bytes <= own || strcmp(entry->d_name + bytes - own, suffix) != 0)
            continue;
        entry->d_name[bytes - own] = '\0';
        suggest_offer(suggest, entry->d_name);
    }
    closedir(names);
}

static int unknown(const struct directories *directories, const char *name, struct refusal *refusal) {
    struct suggest suggest;
    suggest_init(&suggest, name);
    suggest_offer(&suggest, "default");
    for (int i = 0; i < DIRECTORIES; i++)
        offer_names(directories->path[i], &suggest);
    refuse(refusal, REASON_USAGE, "--env: there is no environment '%s'", name);
    if (suggest_best(&suggest))
        refusal_advise(refusal, "did you mean '%s'?", suggest_best(&suggest));
    refusal_advise(refusal, "it would be described in %s/%s%s",
                   *directories->path[0] ? directories->path[0] : directories->path[1], name, suffix);
    return -1;
}

int environments_find(const char *name, struct environment *ret, struct refusal *refusal) {
    struct directories directories;
    TRY(check_name(name, refusal));
    find_directories(&directories);
    for (int i = 0; i < DIRECTORIES; i++) {
        int found = *directories.path[i] ? read_from(directories.path[i], name, ret, refusal) : 0;
        if (found)
            return found < 0 ? -1 : 0;
    }
    if (strcmp(name, "default") != 0)
        return unknown(&directories, name, refusal);
    environment_default(ret);
    return 0;
}
