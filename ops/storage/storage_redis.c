// SPDX-License-Identifier: Apache-2.0
// The back end redis: what is small. One script per call: it happens whole or not at all, and may be repeated.
#include "storage_redis.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "quern/clock.h"
#include "quern/dice.h"
#include "quern/own.h"
#include "redis/server.h"

enum { TIMEOUT_DEFAULT_MS = 30000, FENCE_DIGITS = 19 };

// A chunk may come the ordinary way, and a page of names is well below that.
static const struct reply_limits limits = {.bytes = STORAGE_REDIS_CHUNK_MAX + (1 << 20), .elements = 1 << 16};

static struct storage_redis *own(struct storage *storage) { return (struct storage_redis *)(void *)storage; }

void storage_redis_reach(const struct storage_redis *store) {
    if (store->checkpoint)
        store->checkpoint(store->context);
}

void storage_redis_chunk_key(const struct storage_redis *store, const char *upload, uint32_t index,
                             char key[STORAGE_REDIS_KEY_BYTES]) {
    snprintf(key, STORAGE_REDIS_KEY_BYTES, "%s:chunk:%s:%u", store->prefix, upload, (unsigned)index);
}

/* ---- scripts ---- */

void storage_redis_begin(const struct storage_redis *store, enum storage_script_id script, struct args *args) {
    script_begin(&storage_scripts[script], store->prefix, args);
}

int storage_redis_nonsense(enum storage_script_id script, struct err *err) {
    return err_set(err, REASON_INFRA, "%s: an answer that does not belong to it", storage_scripts[script].name);
}

struct call {
    enum storage_script_id script;
    const struct args *args;
    struct reply *reply; // owned
};

static int attempt(struct session *session, void *context, uint64_t deadline_ns, struct err *err) {
    struct call *call = context;
    return session_script(session, &storage_scripts[call->script], call->args, deadline_ns, &call->reply, err);
}

static int answered(struct call *call, struct reply **ret, const char **ret_word, struct err *err) {
    auto_reply struct reply *reply = call->reply;
    TRY(reply_word(reply, storage_scripts[call->script].name, 1, ret_word, err));
    *ret = steal_ptr(&reply);
    return 0;
}

int storage_redis_run(struct storage_redis *store, enum storage_script_id script, const struct args *args,
                      struct reply **ret, const char **ret_word, struct err *err) {
    struct call call = {script, args, NULL};
    TRY(session_patiently(&store->session, attempt, &call, err));
    return answered(&call, ret, ret_word, err);
}

int storage_redis_once(struct storage_redis *store, enum storage_script_id script, const struct args *args,
                       struct reply **ret, const char **ret_word, struct err *err) {
    struct call call = {script, args, NULL};
    TRY(attempt(&store->session, &call, clock_deadline_ns(store->session.timeout_ms), err));
    return answered(&call, ret, ret_word, err);
}

/* ---- objects ---- */

static int keep(struct storage *storage, const char *version, uint64_t *ret_bytes, struct err *err) {
    struct storage_redis_manifest manifest;
    struct args args;
    auto_reply struct reply *reply = NULL;
    const char *word = NULL;
    storage_redis_begin(own(storage), SCRIPT_OPEN, &args);
    args_text(&args, version);
    TRY(storage_redis_run(own(storage), SCRIPT_OPEN, &args, &reply, &word, err));
    int there = storage_redis_read_manifest(reply, &manifest, err);
    if (there > 0)
        *ret_bytes = manifest.bytes;
    return there;
}

static int commit(struct storage *storage, const char *attempt_name, const char *manifest, struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    const char *word = NULL;
    storage_redis_begin(own(storage), SCRIPT_COMMIT, &args);
    args_text(&args, attempt_name);
    args_text(&args, manifest);
    TRY(storage_redis_run(own(storage), SCRIPT_COMMIT, &args, &reply, &word, err));
    if (strcmp(word, "OK") == 0)
        return 0;
    if (strcmp(word, "OTHER") == 0)
        return storage_other_manifest(attempt_name, err);
    char version[STORAGE_VERSION_BYTES];
    if (strcmp(word, "MISSING") != 0 || reply_copy(reply, 1, "commit", version, sizeof version, NULL) < 0)
        return storage_redis_nonsense(SCRIPT_COMMIT, err);
    return storage_lost_object(attempt_name, version, err);
}

/* ---- names ---- */

static int find(struct storage *storage, const char *key, struct storage_pin *ret, struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    const char *word = NULL;
    storage_redis_begin(own(storage), SCRIPT_FIND, &args);
    args_text(&args, key);
    TRY(storage_redis_run(own(storage), SCRIPT_FIND, &args, &reply, &word, err));
    return storage_redis_read_pin(reply, ret, err);
}

static char *names_text(const struct storage_name *names, size_t count) {
    json_auto_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        if (json_array_append_new(list, json_pack("[s,s]", names[i].key, names[i].version ? names[i].version : "")) < 0)
            return NULL;
    return json_dumps(list, JSON_COMPACT);
}

// Whose key it is that the promotion was refused for is looked up by the answer, and said in our own words.
static int refused(const struct reply *reply, const char *word, const struct storage_name *names, size_t count,
                   struct err *err) {
    const char *key = NULL;
    size_t bytes = 0;
    if (reply_text(reply, 1, "promote", &key, &bytes, NULL) < 0)
        return storage_redis_nonsense(SCRIPT_PROMOTE, err);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(key, names[i].key) != 0)
            continue;
        if (strcmp(word, "NO_KEY") == 0)
            return storage_no_key(names[i].key, err);
        if (strcmp(word, "NO_VERSION") == 0 && names[i].version)
            return storage_no_version(names[i].key, names[i].version, err);
    }
    return storage_redis_nonsense(SCRIPT_PROMOTE, err);
}

static int promote(struct storage *storage, uint64_t fence, const struct storage_name *names, size_t count,
                   struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    const char *word = NULL;
    char fence_text[24] = "", nonce[DICE_HEX_BYTES];
    auto_free char *text = names_text(names, count);
    if (!text)
        return err_set(err, REASON_INFRA, "store: out of memory for %zu names", count);
    if (fence != STORAGE_UNFENCED)
        snprintf(fence_text, sizeof fence_text, "%0*llu", FENCE_DIGITS, (unsigned long long)fence);
    dice_hex(nonce);
    storage_redis_begin(own(storage), SCRIPT_PROMOTE, &args);
    args_text(&args, fence_text);
    args_text(&args, nonce);
    args_text(&args, text);
    storage_redis_reach(own(storage));
    TRY(storage_redis_run(own(storage), SCRIPT_PROMOTE, &args, &reply, &word, err));
    storage_redis_reach(own(storage));
    if (strcmp(word, "OK") == 0)
        return 0;
    return strcmp(word, "LATER") == 0 ? 1 : refused(reply, word, names, count, err);
}

static int page(struct storage_redis *store, const char *prefix, const char *after, struct reply **ret,
                size_t *ret_count, struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    const char *word = NULL;
    storage_redis_begin(store, SCRIPT_NAMES, &args);
    args_text(&args, prefix);
    args_text(&args, after);
    args_number(&args, STORAGE_REDIS_PAGE);
    TRY(storage_redis_run(store, SCRIPT_NAMES, &args, &reply, &word, err));
    TRY(storage_redis_read_names(reply, ret_count, err));
    *ret = steal_ptr(&reply);
    return 0;
}

static int names(struct storage *storage, const char *prefix, storage_visit_fn *visit, void *context, struct err *err) {
    char after[STORAGE_KEY_BYTES] = "";
    for (size_t count = STORAGE_REDIS_PAGE; count == STORAGE_REDIS_PAGE;) {
        auto_reply struct reply *reply = NULL;
        TRY(page(own(storage), prefix, after, &reply, &count, err));
        for (size_t i = 0; i < count; i++) {
            struct storage_entry entry;
            TRY(storage_redis_read_entry(reply, i, &entry, err));
            // Whatever stands there, the walk ends: each key is behind the one before.
            if (strcmp(entry.key, after) <= 0)
                return storage_redis_nonsense(SCRIPT_NAMES, err);
            snprintf(after, sizeof after, "%s", entry.key);
            if (visit(context, &entry))
                return 0;
        }
    }
    return 0;
}

/* ---- room ---- */

static int usage(struct storage *storage, const uint64_t *budget, struct storage_usage *ret, struct err *err) {
    struct args args;
    struct storage_usage usage;
    auto_reply struct reply *reply = NULL;
    const char *word = NULL;
    storage_redis_begin(own(storage), SCRIPT_USAGE, &args);
    if (budget)
        args_number(&args, *budget);
    TRY(storage_redis_run(own(storage), SCRIPT_USAGE, &args, &reply, &word, err));
    TRY(reply_number(reply, 1, "usage", &usage.used_bytes, err));
    TRY(reply_number(reply, 2, "usage", &usage.budget_bytes, err));
    *ret = usage;
    return 0;
}

/* ---- homes ---- */

static int homes(struct storage *storage, const char *add, const char *drop, storage_want_fn *visit, void *context,
                 struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    const char *word = NULL;
    storage_redis_begin(own(storage), SCRIPT_HOMES, &args);
    if (add || drop)
        args_text(&args, add ? add : "");
    if (drop)
        args_text(&args, drop);
    TRY(storage_redis_run(own(storage), SCRIPT_HOMES, &args, &reply, &word, err));
    for (size_t i = 1; visit && i < reply->count; i++) {
        char home[STORAGE_VERSION_BYTES];
        TRY(reply_copy(reply, i, "homes", home, sizeof home, err));
        TRY(visit(context, home));
    }
    return 0;
}

static int turn(struct storage *storage, uint64_t every_ms, struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    const char *word = NULL;
    storage_redis_begin(own(storage), SCRIPT_TURN, &args);
    args_number(&args, every_ms);
    TRY(storage_redis_run(own(storage), SCRIPT_TURN, &args, &reply, &word, err));
    return strcmp(word, "OK") == 0;
}

/* ---- the store ---- */

static bool prefix_ok(const char *prefix) {
    size_t bytes = strspn(prefix, "abcdefghijklmnopqrstuvwxyz0123456789_.-");
    return bytes > 0 && !prefix[bytes] && !strchr("_.-", prefix[0]);
}

static int redis_open(const struct storage_options *options, struct storage **ret, struct err *err) {
    const struct session_options session = {
        .what = "store",
        .url = options->url,
        .password = options->password,
        .password_file = options->password_file,
        .timeout_ms = options->timeout_ms ? options->timeout_ms : TIMEOUT_DEFAULT_MS,
        .patience_ms = options->patience_ms,
        .patience = options->patience,
        .limits = limits,
    };
    auto_free struct storage_redis *store = calloc(1, sizeof *store);
    if (!store)
        return err_set(err, REASON_INFRA, "store: out of memory");
    store->base.backend = &storage_redis_backend;
    TRY(session_open(&session, &store->session, err));
    const char *prefix = store->session.address.prefix[0] ? store->session.address.prefix : "default";
    if (!prefix_ok(prefix)) {
        session_close(&store->session);
        return err_set(err, REASON_CONFIG,
                       "store URL: expected a prefix of a-z 0-9 _ . - with a letter or a digit in front");
    }
    snprintf(store->prefix, sizeof store->prefix, "quern:store:{%s}", prefix);
    *ret = &store->base;
    steal_ptr(&store);
    return 0;
}

static void redis_close(struct storage *storage) {
    session_close(&own(storage)->session);
    free(storage);
}

/* ---- whether it can be used ---- */

int storage_redis_full(enum reason reason, struct err *err) {
    return err_set(err, reason,
                   "store: Redis is full; remove datasets, and have the store collected, or raise maxmemory");
}

static int check(struct storage *storage, struct err *err) {
    struct server server;
    struct err why;
    char key[STORAGE_REDIS_KEY_BYTES];
    snprintf(key, sizeof key, "%s:conf", own(storage)->prefix);
    TRY(server_ask(&own(storage)->session, key, &server, err));
    if (server_check(&server, "datasets", &why) < 0)
        return err_set(err, (enum reason)why.reason, "%s%.900s", server.refusal.reason ? "" : "store: ", why.msg);
    return server.full ? storage_redis_full(REASON_UNWRITABLE, err) : 0;
}

const struct storage_backend storage_redis_backend = {
    .open = redis_open,
    .close = redis_close,
    .check = check,
    .find = find,
    .get = storage_redis_get,
    .keep = keep,
    .put = storage_redis_put,
    .stage = storage_redis_stage,
    .commit = commit,
    .promote = promote,
    .names = names,
    .usage = usage,
    .homes = homes,
    .turn = turn,
    .collect = storage_redis_collect,
};
