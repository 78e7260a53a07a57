// SPDX-License-Identifier: Apache-2.0
#include "cli/source.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/store.h"
#include "cli/suggest.h"
#include "quern/own.h"
#include "quern/storage.h"
#include "quern/utf8.h"

enum { NAMES_LOOKED_AT = 10000 };

static const struct {
    const char *suffix;
    enum job_format format;
} suffixes[] = {
    {".arrow", JOB_ARROW}, {".feather", JOB_ARROW}, {".csv", JOB_CSV}, {".tsv", JOB_TSV}, {".arff", JOB_ARFF}};

static const char scheme[] = "file:";

static uint32_t suffix_format(const char *word) {
    size_t bytes = strlen(word);
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        size_t own = strlen(suffixes[i].suffix);
        if (bytes > own && strcasecmp(word + bytes - own, suffixes[i].suffix) == 0)
            return suffixes[i].format;
    }
    return 0;
}

static bool starts_with(const char *word, const char *prefix) { return strncmp(word, prefix, strlen(prefix)) == 0; }

bool source_is_file(const char *word) {
    if (starts_with(word, "job:")) // its outputs are called as the script wants
        return false;
    return *word == '/' || *word == '~' || starts_with(word, "./") || starts_with(word, "../") ||
           starts_with(word, scheme) || suffix_format(word) != 0;
}

enum job_format source_format(const char *word) {
    uint32_t format = suffix_format(word), object = object_of_file(word);
    if (!format && object != OBJECT_FILE)
        format = job_format_of(object);
    return format ? (enum job_format)format : JOB_ARROW;
}

enum job_format source_any_format(const char *word) {
    uint32_t format = suffix_format(word);
    return format ? (enum job_format)format : (enum job_format)job_format_of(object_of_file(word));
}

bool source_has_format(const char *word) { return suffix_format(word) != 0; }

const char *source_path(const struct job_source *source) { return source->url + strlen(scheme); }

static void drop(struct job_source *source) {
    free(source->url);
    free(source->version);
    free(source->name);
}

static int fill(struct job_source *ret, char *url, const char *version, const char *name, struct refusal *refusal) {
    struct job_source source = {.url = url, .version = strdup(version), .name = strdup(name)};
    if (!source.url || !source.version || !source.name) {
        drop(&source);
        return refuse(refusal, REASON_INFRA, "out of memory for the name of a file");
    }
    *ret = source;
    return 0;
}

// The path that a word means: without "file:", and with the home directory for "~/".
static char *path_of(const char *word) {
    const char *home = getenv("HOME");
    char *path;
    if (starts_with(word, scheme))
        word += strlen(scheme);
    if (!starts_with(word, "~/") || !home || *home != '/')
        return strdup(word);
    return asprintf(&path, "%s%s", home, word + 1) < 0 ? NULL : path;
}

// The nearest name in the directory where a file was looked for.
static void advise_file(const char *path, struct refusal *refusal) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    int stem = (int)(name - path);
    char dir[PATH_MAX];
    snprintf(dir, sizeof dir, "%.*s", stem ? stem : 1, stem ? path : ".");
    DIR *names = opendir(dir);
    if (!names) {
        refusal_advise(refusal, "there is no directory '%s'", dir);
        return;
    }
    struct suggest suggest;
    suggest_init(&suggest, name);
    struct dirent *entry;
    for (int i = 0; i < NAMES_LOOKED_AT && (entry = readdir(names)); i++)
        if (entry->d_name[0] != '.')
            suggest_offer(&suggest, entry->d_name);
    closedir(names);
    if (suggest_best(&suggest))
        refusal_advise(refusal, "did you mean '%.*s%s'?", stem, path, suggest_best(&suggest));
}

static int open_file(const char *name, const char *path, struct storage_object *ret, struct refusal *refusal) {
    struct err err;
    if (storage_open_file(path, ret, &err) == 0)
        return 0;
    if (err.reason != REASON_NOT_FOUND)
        return refuse(refusal, REASON_USAGE, "%s: %s", name, err.msg);
    refuse(refusal, REASON_USAGE, "%s: there is no file '%s'", name, path);
    advise_file(path, refusal);
    return -1;
}

static int pin_file(const char *name, const char *path, struct job_source *ret, struct refusal *refusal) {
    struct storage_object object;
    TRY(open_file(name, path, &object, refusal));
    close(object.fd);
    auto_free char *real = realpath(path, NULL);
    if (!real)
        return refuse(refusal, REASON_USAGE, "%s: '%s' has no path that can be followed", name, path);
    if (!utf8_printable(real, strlen(real)))
        return refuse(refusal, REASON_USAGE, "%s: expected a path in UTF-8 without control characters", name);
    const char *slash = strrchr(path, '/');
    char *url;
    return fill(ret, asprintf(&url, "%s%s", scheme, real) < 0 ? NULL : url, object.version, slash ? slash + 1 : path,
                refusal);
}

int source_file(const char *name, const char *word, struct job_source *ret, struct refusal *refusal) {
    char *path = path_of(word);
    int pinned = path ? pin_file(name, path, ret, refusal)
                      : refuse(refusal, REASON_INFRA, "out of memory for the name of a file");
    free(path);
    return pinned;
}

bool source_is_open(const struct job_source *source) { return !source->version; }

int source_named(const char *name, const char *word, struct job_source *ret, struct refusal *refusal) {
    TRY(store_key_check(name, word, refusal));
    struct job_source source = {.url = strdup(word), .name = strdup(word)};
    if (!source.url || !source.name) {
        drop(&source);
        refuse(refusal, REASON_INFRA, "out of memory for the name of a key");
        return -1;
    }
    *ret = source;
    return 0;
}

int source_pin(const char *name, const struct store *store, struct job_source *source, struct refusal *refusal) {
    struct storage_pin pin = {0};
    int found = store_pin(store, name, source->url, &pin, refusal);
    if (found < 0 && refusal->err.reason == REASON_NOT_FOUND && !starts_with(source->url, "job:"))
        refusal_advise(refusal, "a file is written with a path: ./%s", source->url);
    TRY(found);
    source->version = strdup(pin.version);
    return source->version ? 0 : refuse(refusal, REASON_INFRA, "out of memory for the version of a key");
}

int source_key(const char *name, const char *word, const struct store *store, struct job_source *ret,
               struct refusal *refusal) {
    struct job_source source = {0};
    TRY(source_named(name, word, &source, refusal));
    if (source_pin(name, store, &source, refusal) < 0) {
        drop(&source);
        return -1;
    }
    *ret = source;
    return 0;
}
