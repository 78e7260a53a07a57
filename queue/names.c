// SPDX-License-Identifier: Apache-2.0
// The catalogue: names of the queue and the versions that they mean.
#include <string.h>

#include "quern/queue_names.h"
#include "quern/queue_worker.h"
#include "queue/call.h"
#include "queue/replies.h"

enum { ROW_FIELDS = 4, DOCUMENT_BYTES = 1 << 17, PLACE_BITS = 23 };

static int check_version(const char *version, struct err *err) {
    return call_check_name("version", version, STORAGE_VERSION_BYTES, err);
}

/* ---- whose name it is ---- */

static bool is_own(const char *key, const char *id) {
    size_t bytes = strlen(id);
    return strncmp(key, "job:", 4) == 0 && strncmp(key + 4, id, bytes) == 0 && key[4 + bytes] == '/';
}

static int check_owner(const char *key, const char *owner, bool only_own, struct err *err) {
    bool own = owner && is_own(key, owner);
    if (!own && strncmp(key, "job:", 4) == 0)
        return err_set(err, REASON_BAD_INPUT, "key \"%.200s\": the names of a job are given by that job alone", key);
    if (!own && only_own)
        return err_set(err, REASON_BAD_INPUT, "key \"%.200s\": expected a name below job:%s/", key, owner);
    return 0;
}

int call_write_names(const struct queue_name *names, size_t count, const char *owner, bool only_own, struct args *args,
                     struct err *err) {
    TRY(call_check_range("names", count, 0, QUEUE_MAX_NAMES, err));
    for (size_t i = 0; i < count; i++) {
        TRY(storage_key_check(names[i].key, err));
        TRY(check_owner(names[i].key, owner, only_own, err));
        TRY(check_version(names[i].version, err));
        args_text(args, names[i].key);
        args_text(args, names[i].version);
        args_number(args, names[i].bytes);
    }
    return 0;
}

/* ---- by people ---- */

int queue_promote(struct queue *queue, const struct queue_name *names, size_t count, struct err *err) {
    struct args args;
    char nonce[QUEUE_NONCE_BYTES];
    TRY(call_check_range("names", count, 1, QUEUE_MAX_NAMES, err));
    call_begin_once(queue, SCRIPT_PROMOTE, nonce, &args);
    TRY(call_write_names(names, count, NULL, false, &args, err));
    return call_simple(queue, SCRIPT_PROMOTE, &args, CALL_BIT(QUEUE_OK), err);
}

int queue_remove_names(struct queue *queue, const char *const *keys, size_t count, size_t *ret_missing,
                       struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    char nonce[QUEUE_NONCE_BYTES];
    uint64_t missing = 0;
    TRY(call_check_range("names", count, 1, QUEUE_MAX_NAMES, err));
    call_begin_once(queue, SCRIPT_REMOVE_NAMES, nonce, &args);
    for (size_t i = 0; i < count; i++) {
        TRY(storage_held_key_check(keys[i], err));
        TRY(check_owner(keys[i], NULL, false, err));
        args_text(&args, keys[i]);
    }
    TRY(call_run(queue, SCRIPT_REMOVE_NAMES, &args, &reply, err));
    int answer = call_answer(reply, "remove_names", err);
    if (answer < 0 || answer == QUEUE_OK)
        return answer;
    TRY(reply_number(reply, 1, "remove_names", &missing, err));
    if (answer != QUEUE_NO_NAME || missing >= count)
        return call_wrong("remove_names", err);
    *ret_missing = (size_t)missing;
    return QUEUE_NO_NAME;
}

/* ---- looking ---- */

int queue_name_get(struct queue *queue, const char *key, char ret_version[STORAGE_VERSION_BYTES], uint64_t *ret_bytes,
                   struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    char version[STORAGE_VERSION_BYTES];
    TRY(storage_key_check(key, err));
    call_begin(queue, SCRIPT_NAME, &args);
    args_text(&args, key);
    TRY(call_run(queue, SCRIPT_NAME, &args, &reply, err));
    int answer = call_answer(reply, "name", err);
    if (answer < 0 || answer == QUEUE_NO_NAME)
        return answer;
    if (answer != QUEUE_OK)
        return call_wrong("name", err);
    TRY(reply_copy(reply, 1, "name", version, sizeof version, err));
    TRY(check_version(version, err));
    TRY(reply_number(reply, 2, "name", ret_bytes, err));
    memcpy(ret_version, version, sizeof version);
    return QUEUE_OK;
}

static int read_named(const struct reply *reply, size_t at, struct queue_named *row, struct err *err) {
    TRY(reply_copy(reply, at, "names", row->key, sizeof row->key, err));
    TRY(storage_held_key_check(row->key, err));
    TRY(reply_copy(reply, at + 1, "names", row->version, sizeof row->version, err));
    TRY(check_version(row->version, err));
    TRY(reply_number(reply, at + 2, "names", &row->bytes, err));
    return reply_number(reply, at + 3, "names", &row->changed_unix_ms, err);
}

int replies_named(const struct reply *reply, struct queue_named *rows, size_t room, size_t *ret_count,
                  struct err *err) {
    int answer = call_answer(reply, "names", err);
    if (answer < 0)
        return -1;
    size_t count = (reply->count - 1) / ROW_FIELDS;
    if (answer != QUEUE_OK || reply->count - 1 != count * ROW_FIELDS || count > room)
        return call_wrong("names", err);
    for (size_t i = 0; i < count; i++)
        TRY(read_named(reply, 1 + i * ROW_FIELDS, &rows[i], err));
    *ret_count = count;
    return QUEUE_OK;
}

static int check_after(const char *prefix, const char *after, struct err *err) {
    TRY(storage_held_key_check(after, err));
    if (strncmp(after, prefix, strlen(prefix)) != 0)
        return err_set(err, REASON_BAD_INPUT, "key \"%.200s\": expected one that begins with \"%.200s\"", after,
                       prefix);
    return 0;
}

int queue_names(struct queue *queue, const char *prefix, const char *after, struct queue_named *rows, size_t room,
                size_t *ret_count, struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    TRY(call_check_text("prefix", prefix, STORAGE_KEY_BYTES, err));
    if (after[0])
        TRY(check_after(prefix, after, err));
    TRY(call_check_range("rows", room, 1, QUEUE_MAX_LIST, err));
    call_begin(queue, SCRIPT_NAMES, &args);
    args_text(&args, prefix);
    args_text(&args, after);
    args_number(&args, room);
    TRY(call_run(queue, SCRIPT_NAMES, &args, &reply, err));
    return replies_named(reply, rows, room, ret_count, err);
}

/* ---- what the documents of jobs speak of ---- */

// A cursor is the number of a job and a place in its document.
static int read_cursor(const struct reply *reply, uint64_t *ret, struct err *err) {
    uint64_t number = 0, place = 0;
    TRY(reply_number(reply, 1, "versions", &number, err));
    TRY(reply_number(reply, 2, "versions", &place, err));
    if (number >> (64 - PLACE_BITS) || place >> PLACE_BITS)
        return call_wrong("versions", err);
    *ret = number << PLACE_BITS | place;
    return 0;
}

int queue_versions(struct queue *queue, uint64_t *cursor, queue_version_fn *visit, void *context, struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    uint64_t next = 0;
    call_begin(queue, SCRIPT_VERSIONS, &args);
    args_number(&args, *cursor >> PLACE_BITS);
    args_number(&args, *cursor & ((1u << PLACE_BITS) - 1));
    args_number(&args, DOCUMENT_BYTES);
    TRY(call_run(queue, SCRIPT_VERSIONS, &args, &reply, err));
    if (call_answer(reply, "versions", err) != QUEUE_OK)
        return call_wrong("versions", err);
    TRY(read_cursor(reply, &next, err));
    for (size_t i = 3; i < reply->count; i++) {
        char version[STORAGE_VERSION_BYTES];
        TRY(reply_copy(reply, i, "versions", version, sizeof version, err));
        TRY(check_version(version, err));
        TRY(visit(context, version));
    }
    *cursor = next;
    return QUEUE_OK;
}

int queue_identity(struct queue *queue, char ret[QUEUE_NONCE_BYTES], struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    char proposal[QUEUE_NONCE_BYTES], identity[QUEUE_NONCE_BYTES];
    call_begin_once(queue, SCRIPT_IDENTITY, proposal, &args);
    TRY(call_run(queue, SCRIPT_IDENTITY, &args, &reply, err));
    if (call_answer(reply, "identity", err) != QUEUE_OK)
        return call_wrong("identity", err);
    TRY(reply_copy(reply, 1, "identity", identity, sizeof identity, err));
    TRY(call_check_name("identity", identity, sizeof identity, err));
    memcpy(ret, identity, sizeof identity);
    return QUEUE_OK;
}
