// SPDX-License-Identifier: Apache-2.0
#include "cli/import.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { AT_ONCE = 100 };

struct name {
    char *key, *version; /* owned */
    int64_t changed_s;
};

struct names {
    struct name *list; /* owned; by key */
    size_t count;
};

struct import {
    struct names names;
};

static void names_free(struct names *names) {
    for (size_t i = 0; i < names->count; i++) {
        free(names->list[i].key);
        free(names->list[i].version);
    }
    free(names->list);
    *names = (struct names){0};
}

static int add(void *context, const struct storage_entry *entry) {
    struct names *names = context;
    if (strncmp(entry->key, "job:", 4) == 0)
        return 0;
    struct name *list = reallocarray(names->list, names->count + 1, sizeof *list);
    if (!list)
        return -1;
    names->list = list;
    struct name *name = &list[names->count++];
    *name = (struct name){strdup(entry->key), strdup(entry->version), entry->changed_s};
    return name->key && name->version ? 0 : -1;
}

static int compare(const void *a, const void *b) {
    const struct name *one = a, *other = b;
    return strcmp(one->key, other->key);
}

static int read_names(struct catalogue *catalogue, struct names *ret, struct refusal *refusal) {
    struct err err = {0};
    *ret = (struct names){0};
    int result = catalogue_names(catalogue, "", add, ret, &err);
    if (result < 0)
        return refuse(refusal, err.reason ? (enum reason)err.reason : REASON_INFRA, "%s",
                      err.reason ? err.msg : "out of memory for the names of the store");
    if (ret->count)
        qsort(ret->list, ret->count, sizeof *ret->list, compare);
    return 0;
}

static const struct name *find(const struct names *names, const struct name *name) {
    return names->count ? bsearch(name, names->list, names->count, sizeof *names->list, compare) : NULL;
}

/* ---- what differs ---- */

struct change {
    struct catalogue *catalogue;
    struct storage_name set[AT_ONCE];
    const char *gone[AT_ONCE];
    size_t set_count, gone_count;
};

static int flush(struct change *change, struct refusal *refusal) {
    struct err err;
    int result = 0;
    if (change->set_count)
        result = catalogue_promote(change->catalogue, change->set, change->set_count, &err);
    if (result == 0 && change->gone_count)
        result = catalogue_remove(change->catalogue, change->gone, change->gone_count, &err);
    change->set_count = change->gone_count = 0;
    return result < 0 ? refuse(refusal, (enum reason)err.reason, "%s", err.msg) : 0;
}

static bool same(const struct name *one, const struct name *other) {
    return one && other && strcmp(one->version, other->version) == 0;
}

// `before`: what the target had once; where it still has that, age does not matter.
static int set_newer(const struct names *from, const struct names *to, const struct names *before,
                     struct change *change, struct refusal *refusal) {
    for (size_t i = 0; i < from->count; i++) {
        const struct name *name = &from->list[i], *other = find(to, name);
        bool untouched = same(other, find(before, name));
        if (same(name, other) || (other && !untouched && other->changed_s >= name->changed_s))
            continue;
        change->set[change->set_count++] = (struct storage_name){name->key, name->version};
        if (change->set_count == AT_ONCE)
            TRY(flush(change, refusal));
    }
    return flush(change, refusal);
}

static int remove_gone(const struct names *from, const struct names *to, const struct names *before,
                       struct change *change, struct refusal *refusal) {
    for (size_t i = 0; i < before->count; i++) {
        const struct name *name = &before->list[i];
        if (find(from, name) || !same(name, find(to, name)))
            continue;
        change->gone[change->gone_count++] = name->key;
        if (change->gone_count == AT_ONCE)
            TRY(flush(change, refusal));
    }
    return flush(change, refusal);
}

int import_begin(struct catalogue *directory, struct catalogue *queue, struct import **ret, struct refusal *refusal) {
    const struct names none = {0};
    struct names target = {0};
    struct change change = {.catalogue = queue};
    struct import *import = calloc(1, sizeof *import);
    if (!import)
        return refuse(refusal, REASON_INFRA, "out of memory for the names of the store");
    int result = read_names(directory, &import->names, refusal);
    if (result == 0)
        result = read_names(queue, &target, refusal);
    if (result == 0)
        result = set_newer(&import->names, &target, &none, &change, refusal);
    names_free(&target);
    if (result < 0)
        import_free(import);
    else
        *ret = import;
    return result;
}

int import_end(const struct import *import, struct catalogue *directory, struct catalogue *queue,
               struct refusal *refusal) {
    struct names source = {0}, target = {0};
    struct change change = {.catalogue = directory};
    int result = read_names(queue, &source, refusal);
    if (result == 0)
        result = read_names(directory, &target, refusal);
    if (result == 0)
        result = set_newer(&source, &target, &import->names, &change, refusal);
    if (result == 0)
        result = remove_gone(&source, &target, &import->names, &change, refusal);
    names_free(&source);
    names_free(&target);
    return result;
}

void import_free(struct import *import) {
    if (import)
        names_free(&import->names);
    free(import);
}
