// SPDX-License-Identifier: Apache-2.0
#include "ops/python/closed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINKS = 16 }; // more are a loop, or meant to be one

// The directory that a link in `directory` names, absolute or from there.
static bool follow(const char *link, char ret[PATH_MAX]) {
    char target[PATH_MAX];
    ssize_t bytes = readlink(link, target, sizeof target - 1);
    if (bytes <= 0)
        return false;
    target[bytes] = '\0';
    const char *name = strrchr(link, '/');
    int directory = target[0] == '/' || !name ? 0 : (int)(name - link) + 1;
    return snprintf(ret, PATH_MAX, "%.*s%s", directory, link, target) < PATH_MAX;
}

static bool is_closed_directory(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode) && faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 &&
           errno == EACCES;
}

static bool find(const char *path, int links, char ret[PATH_MAX]) {
    char prefix[PATH_MAX], target[PATH_MAX];
    for (const char *end = path; *end; end += *end == '/') {
        end += strcspn(end, "/");
        if (end == path)
            continue;
        snprintf(prefix, sizeof prefix, "%.*s", (int)(end - path), path);
        if (links > 0 && follow(prefix, target) && find(target, links - 1, ret))
            return true;
        if (is_closed_directory(prefix)) {
            snprintf(ret, PATH_MAX, "%s", prefix);
            return true;
        }
    }
    return false;
}

bool closed_find(const char *path, char ret[PATH_MAX]) { return find(path, LINKS, ret); }
