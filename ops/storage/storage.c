// SPDX-License-Identifier: Apache-2.0
#include "quern/storage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "quern/object.h"
#include "quern/own.h"

#define PREFIX "sha256-"
enum { WORD_BYTES = 128, NAMES_MAX = 4096, HASH_BYTES = 32 };

// The URL's scheme with its colon, and who knows it.
static const struct scheme {
    const char *text;
    const struct storage_backend *backend;
} schemes[] = {
    {"file:", &storage_file_backend},
    {"redis:", &storage_redis_backend},
    {"rediss:", &storage_redis_backend},
    {"redis+unix:", &storage_redis_backend},
};

static int open_default(struct storage **ret, struct err *err) {
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    auto_free char *url = NULL;
    int printed;
    // A relative XDG_DATA_HOME is to be ignored, says the XDG base directory specification.
    if (data && data[0] == '/')
        printed = asprintf(&url, "file:%s/quern/store", data);
    else if (home && home[0] == '/')
        printed = asprintf(&url, "file:%s/.local/share/quern/store", home);
    else
        return err_set(err, REASON_CONFIG,
                       "store: expected XDG_DATA_HOME or HOME with an absolute path, found neither");
    if (printed < 0) {
        url = NULL; // asprintf leaves it undefined
        return err_set(err, REASON_INFRA, "store: out of memory");
    }
    return storage_file_backend.open(&(struct storage_options){.url = url}, ret, err);
}

int storage_open_with(const struct storage_options *options, struct storage **ret, struct err *err) {
    if (!options->url)
        return open_default(ret, err);
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (strncmp(options->url, schemes[i].text, strlen(schemes[i].text)) == 0)
            return schemes[i].backend->open(options, ret, err);
    return err_set(err, REASON_CONFIG,
                   "store: expected file:/absolute/directory, redis://HOST or redis+unix:/PATH, found \"%.200s\"",
                   options->url);
}

int storage_open(const char *url, struct storage **ret, struct err *err) {
    return storage_open_with(&(struct storage_options){.url = url}, ret, err);
}

void storage_close(struct storage *storage) {
    if (storage)
        storage->backend->close(storage);
}

static int word_check(const char *what, const char *word, struct err *err) {
    size_t bytes = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");
    if (bytes == 0 || bytes > WORD_BYTES || word[bytes] || word[0] == '.')
        return err_set(err, REASON_BAD_INPUT,
                       "%s: expected 1 to %d of A-Z a-z 0-9 _ . - that start with no dot, found \"%.150s\"", what,
                       WORD_BYTES, word);
    return 0;
}

static int attempt_check(const char *attempt, struct err *err) { return word_check("attempt", attempt, err); }

/* ---- reading ---- */

int storage_no_key(const char *key, struct err *err) { return err_set(err, REASON_NOT_FOUND, "%s: no such key", key); }

int storage_no_version(const char *key, const char *version, struct err *err) {
    return err_set(err, REASON_NOT_FOUND, "%s%sthe store has no version %s", key, *key ? ": " : "", version);
}

// Nothing, or a kind's word.
static bool is_kind(const char *end) {
    return !*end || (*end == '.' && object_of_word(end + 1) < OBJECT_KIND_COUNT && strcmp(end, ".dataset") != 0);
}

int storage_version_check(const char *key, const char *version, struct err *err) {
    size_t prefix = strlen(PREFIX);
    if (strncmp(version, PREFIX, prefix) == 0 && strspn(version + prefix, "0123456789abcdef") == 2 * HASH_BYTES &&
        is_kind(version + prefix + 2 * HASH_BYTES))
        return 0;
    return err_set(err, REASON_NOT_FOUND, "%s%sexpected a version sha256-HEX, found \"%.100s\"", key, *key ? ": " : "",
                   version);
}

int storage_get(struct storage *storage, const char *key, const char *version, struct storage_object *ret,
                struct err *err) {
    TRY(storage_version_check(key, version, err));
    int found = storage->backend->get(storage, version, ret, err);
    TRY(found);
    return found ? 0 : storage_no_version(key, version, err);
}

int storage_get_version(struct storage *storage, const char *version, struct storage_object *ret, struct err *err) {
    return storage_get(storage, "", version, ret, err);
}

int storage_find(struct storage *storage, const char *key, struct storage_pin *ret, struct err *err) {
    TRY(storage_key_check(key, err));
    int found = storage->backend->find(storage, key, ret, err);
    TRY(found);
    return found ? 0 : storage_no_key(key, err);
}

int storage_keep(struct storage *storage, const char *key, const char *version, uint64_t *ret_bytes, struct err *err) {
    TRY(storage_version_check(key, version, err));
    int found = storage->backend->keep(storage, version, ret_bytes, err);
    TRY(found);
    return found ? 0 : storage_no_version(key, version, err);
}

int storage_check(struct storage *storage, struct err *err) {
    static const char nothing[] = PREFIX "0000000000000000000000000000000000000000000000000000000000000000";
    struct storage_object object = {.fd = -1};
    TRY(storage->backend->check(storage, err));
    int found = storage->backend->get(storage, nothing, &object, err);
    own_close(&object.fd);
    return found < 0 ? -1 : 0;
}

/* ---- writing ---- */

int storage_other_manifest(const char *attempt, struct err *err) {
    return err_set(err, REASON_BAD_INPUT, "attempt %s: expected no manifest or the same, found another one", attempt);
}

int storage_lost_object(const char *attempt, const char *version, struct err *err) {
    return err_set(err, REASON_INFRA, "attempt %s: its version %s was collected before the commit", attempt, version);
}

int storage_put_as(struct storage *storage, uint32_t kind, int source_fd, char ret_version[STORAGE_VERSION_BYTES],
                   struct err *err) {
    return storage->backend->put(storage, kind, source_fd, ret_version, err);
}

int storage_put(struct storage *storage, int source_fd, char ret_version[STORAGE_VERSION_BYTES], struct err *err) {
    return storage_put_as(storage, OBJECT_DATASET, source_fd, ret_version, err);
}

int storage_stage(struct storage *storage, const char *attempt, int source_fd, char ret_version[STORAGE_VERSION_BYTES],
                  struct err *err) {
    TRY(attempt_check(attempt, err));
    return storage->backend->stage(storage, attempt, source_fd, ret_version, err);
}

int storage_commit(struct storage *storage, const char *attempt, const char *manifest, struct err *err) {
    TRY(attempt_check(attempt, err));
    return storage->backend->commit(storage, attempt, manifest, err);
}

int storage_names_check(const char *what, const struct storage_name *names, size_t count, struct err *err) {
    if (count > NAMES_MAX)
        return err_set(err, REASON_BAD_INPUT, "%s: expected at most %d names, found %zu", what, NAMES_MAX, count);
    for (size_t i = 0; i < count; i++) {
        TRY(names[i].version ? storage_key_check(names[i].key, err) : storage_held_key_check(names[i].key, err));
        if (names[i].version)
            TRY(storage_version_check(names[i].key, names[i].version, err));
        for (size_t j = 0; j < i; j++)
            if (strcmp(names[i].key, names[j].key) == 0)
                return err_set(err, REASON_BAD_INPUT, "%s: expected each key once, found \"%s\" twice", what,
                               names[i].key);
    }
    return 0;
}

static int change(struct storage *storage, const char *what, uint64_t fence, const struct storage_name *names,
                  size_t count, struct err *err) {
    if (fence > INT64_MAX && fence != STORAGE_UNFENCED)
        return err_set(err, REASON_BAD_INPUT, "%s: expected a fence below 2^63, found %llu", what,
                       (unsigned long long)fence);
    TRY(storage_names_check(what, names, count, err));
    return count ? storage->backend->promote(storage, fence, names, count, err) : 0;
}

int storage_promote(struct storage *storage, uint64_t fence, const struct storage_name *names, size_t count,
                    struct err *err) {
    return change(storage, "promote", fence, names, count, err);
}

int storage_remove(struct storage *storage, uint64_t fence, const char *const *keys, size_t count, struct err *err) {
    if (count == 0)
        return 0;
    auto_free struct storage_name *names = calloc(count, sizeof *names);
    if (!names)
        return err_set(err, REASON_INFRA, "remove: out of memory for %zu names", count);
    for (size_t i = 0; i < count; i++)
        names[i].key = keys[i];
    return change(storage, "remove", fence, names, count, err);
}

int storage_names(struct storage *storage, const char *prefix, storage_visit_fn *visit, void *context,
                  struct err *err) {
    return storage->backend->names(storage, prefix ? prefix : "", visit, context, err);
}

/* ---- room ---- */

int storage_usage(struct storage *storage, struct storage_usage *ret, struct err *err) {
    return storage->backend->usage(storage, NULL, ret, err);
}

int storage_set_budget(struct storage *storage, uint64_t bytes, struct err *err) {
    struct storage_usage usage;
    if (bytes > INT64_MAX)
        return err_set(err, REASON_BAD_INPUT, "store: expected a budget below 2^63, found %llu",
                       (unsigned long long)bytes);
    return storage->backend->usage(storage, &bytes, &usage, err);
}

/* ---- homes and collection ---- */

int storage_add_home(struct storage *storage, const char *home, struct err *err) {
    TRY(word_check("home", home, err));
    return storage->backend->homes(storage, home, NULL, NULL, NULL, err);
}

int storage_drop_home(struct storage *storage, const char *home, struct err *err) {
    TRY(word_check("home", home, err));
    return storage->backend->homes(storage, NULL, home, NULL, NULL, err);
}

int storage_homes(struct storage *storage, storage_want_fn *visit, void *context, struct err *err) {
    return storage->backend->homes(storage, NULL, NULL, visit, context, err);
}

int storage_collect_turn(struct storage *storage, uint64_t every_ms, bool *ret, struct err *err) {
    if (every_ms > INT64_MAX / 1000)
        return err_set(err, REASON_BAD_INPUT, "collect: expected a time between two turns below %lld ms, found %llu",
                       (long long)INT64_MAX / 1000, (unsigned long long)every_ms);
    int taken = storage->backend->turn(storage, every_ms, err);
    TRY(taken);
    *ret = taken > 0;
    return 0;
}

struct asked {
    const struct storage_collect *rules;
    struct err *err;
};

static int check_home(void *context, const char *home) {
    const struct asked *asked = context;
    for (size_t i = 0; i < asked->rules->home_count; i++)
        if (strcmp(asked->rules->homes[i], home) == 0)
            return 0;
    return err_set(asked->err, REASON_CONFIG,
                   "collect: %.150s names objects of this store, too, and was not asked which of them it wants", home);
}

struct want {
    struct wanted *wanted;
    struct err *err;
};

static int want(void *set, const char *version) {
    const struct want *more = set;
    return wanted_add(more->wanted, version, more->err);
}

int storage_collect(struct storage *storage, const struct storage_collect *rules, struct storage_collected *ret,
                    struct err *err) {
    auto_wanted struct wanted wanted = {0};
    struct want more = {&wanted, err};
    if (rules->age_ms < STORAGE_MIN_AGE_MS || rules->age_ms > INT64_MAX / 1000)
        return err_set(err, REASON_BAD_INPUT, "collect: expected an age of %u ms or more, found %llu",
                       STORAGE_MIN_AGE_MS, (unsigned long long)rules->age_ms);
    TRY(storage_homes(storage, check_home, &(struct asked){rules, err}, err));
    if (rules->wanted)
        TRY(rules->wanted(rules->context, want, &more, err));
    return storage->backend->collect(storage, rules->age_ms, rules->budget, &wanted, ret, err);
}
