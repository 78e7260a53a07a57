// SPDX-License-Identifier: Apache-2.0
#include "ops/python/roots.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops/python/closed.h"
#include "quern/own.h"

#define LINE_BYTES 4352

struct list {
    struct roots *roots;
    size_t count;
};

static bool has(const struct list *list, const char *path) {
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->roots->texts[i], path) == 0)
            return true;
    return false;
}

// The directory above the one that `bin` is, links resolved. "/" would be everything: it is left out.
static void add_prefix(struct list *list, const char *bin) {
    char above[PATH_MAX + 4], path[PATH_MAX];
    snprintf(above, sizeof above, "%s/..", bin);
    if (!realpath(above, path) || strcmp(path, "/") == 0 || has(list, path) || list->count == ROOTS_MAX)
        return;
    memcpy(list->roots->texts[list->count], path, sizeof path);
    list->roots->paths[list->count] = list->roots->texts[list->count];
    list->count++;
}

static void parent(const char *path, char ret[PATH_MAX]) {
    snprintf(ret, PATH_MAX, "%s", path);
    char *slash = strrchr(ret, '/');
    if (slash)
        *slash = '\0';
}

// pyvenv.cfg: "home = /usr/bin" names the directory of the interpreter that a venv was made from.
static void add_home(struct list *list, const char *bin) {
    char path[PATH_MAX + 16], line[LINE_BYTES], home[PATH_MAX];
    snprintf(path, sizeof path, "%s/../pyvenv.cfg", bin);
    auto_file FILE *file = fopen(path, "re");
    if (!file)
        return;
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "home = %4095[^\n]", home) == 1)
            add_prefix(list, home);
}

// Jobs of a quern that root started run as nobody in particular: the way to their Python is open to others, or not theirs.
static int unreachable(const char *python, struct err *err) {
    char closed[PATH_MAX];
    if (errno != EACCES || !closed_find(python, closed))
        return err_sys(err, REASON_CONFIG, "the interpreter %s", python);
    return err_set(err, REASON_CONFIG,
                   "the interpreter %.300s: jobs cannot enter %.300s: expected a directory open to others: make the "
                   "environment elsewhere, such as in /opt, or chmod o+x %.300s",
                   python, closed, closed);
}

int roots_find(const char *python, struct roots *ret, struct err *err) {
    char real[PATH_MAX], bin[PATH_MAX];
    if (!realpath(python, real))
        return unreachable(python, err);
    *ret = (struct roots){0};
    struct list list = {.roots = ret};
    parent(python, bin);
    add_prefix(&list, bin);
    add_home(&list, bin);
    parent(real, bin);
    add_prefix(&list, bin);
    return 0;
}
