// SPDX-License-Identifier: Apache-2.0
// Bytes on their way to Redis: chunks that belong to an upload, several under way at once, hashed as they pass. The last
// step makes the upload the object of its version. Chunks live for a few hours until then, so that what a dead writer, or
// one that was given up and goes on, leaves behind ends by itself.
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "digest.h"
#include "quern/clock.h"
#include "quern/object.h"
#include "quern/own.h"
#include "storage_redis.h"

enum { UPLOAD_LIFE_MS = 6 * 3600 * 1000 };

struct put {
    struct storage_redis *store;
    int source;
    uint32_t kind;       /* enum object_kind */
    const char *attempt; /* ""; none */
    char upload[STORAGE_REDIS_UPLOAD_BYTES];
    char *buffer;             /* a chunk; owned */
    struct connection *wire;  /* borrowed from the session */
    uint64_t reserved, bytes; /* bytes: read so far */
    uint32_t sent, answered;  /* chunks */
    bool ending;              /* asked for, and not answered */
    uint64_t touched_ns;
    struct digest digest;
    char version[STORAGE_VERSION_BYTES];
};

static void put_done(struct put *put) {
    free(put->buffer);
    digest_end(&put->digest);
}

static uint64_t deadline(const struct put *put) { return clock_deadline_ns(put->store->session.timeout_ms); }

/* ---- room ---- */

static double mib(uint64_t bytes) { return (double)bytes / (1 << 20); }

// What is larger than all of it need not wait for room.
static enum reason no_room_reason(uint64_t bytes, uint64_t most) {
    return bytes > most ? REASON_LIMIT_DISK : REASON_UNWRITABLE;
}

static int no_budget(const struct reply *reply, uint64_t bytes, uint64_t wanted, struct err *err) {
    uint64_t used = 0, budget = 0;
    TRY(reply_number(reply, 1, "reserve", &used, err));
    TRY(reply_number(reply, 2, "reserve", &budget, err));
    return err_set(err, no_room_reason(bytes, budget),
                   "store: its budget of %.1f MiB has no room for %.1f MiB, %.1f MiB are in use: remove datasets, and "
                   "have the store collected, or raise its budget",
                   mib(budget), mib(wanted), mib(used));
}

static int no_memory(const struct reply *reply, uint64_t bytes, struct err *err) {
    uint64_t most = 0;
    TRY(reply_number(reply, 1, "reserve", &most, err));
    return storage_redis_full(no_room_reason(bytes, most), err);
}

static int given_up(struct err *err) {
    return err_set(err, REASON_UNREACHABLE, "store: Redis has lost a part of what was being put");
}

static int wrong_policy(const struct reply *reply, struct err *err) {
    char policy[32];
    TRY(reply_copy(reply, 1, "reserve", policy, sizeof policy, err));
    return err_set(err, REASON_CONFIG,
                   "store: Redis drops keys when memory ends (maxmemory-policy is %s), and datasets with them; set "
                   "maxmemory-policy noeviction",
                   policy);
}

// Also says that the upload is under way.
static int reserve(struct put *put, uint64_t bytes, bool new, struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    const char *word = NULL;
    storage_redis_begin(put->store, SCRIPT_RESERVE, &args);
    args_text(&args, put->upload);
    args_number(&args, bytes);
    args_number(&args, STORAGE_REDIS_CHUNK_BYTES);
    args_number(&args, new);
    TRY(storage_redis_once(put->store, SCRIPT_RESERVE, &args, &reply, &word, err));
    if (strcmp(word, "BUDGET") == 0)
        return no_budget(reply, bytes, bytes - (new ? 0 : put->reserved), err);
    if (strcmp(word, "FULL") == 0)
        return no_memory(reply, bytes, err);
    if (strcmp(word, "EVICTION") == 0)
        return wrong_policy(reply, err);
    if (strcmp(word, "GONE") == 0)
        return given_up(err);
    if (strcmp(word, "OK") != 0)
        return storage_redis_nonsense(SCRIPT_RESERVE, err);
    put->reserved = bytes;
    put->touched_ns = clock_now_ns();
    return 0;
}

/* ---- chunks ---- */

static int answer(struct put *put, struct err *err) {
    auto_reply struct reply *reply = NULL;
    TRY(connection_receive(put->wire, deadline(put), &reply, err));
    put->answered++;
    if (reply->kind == REPLY_STATUS)
        return 0;
    if (reply->kind != REPLY_ERROR)
        return err_set(err, REASON_INFRA, "store: Redis answered nonsense to a chunk");
    if (strncmp(reply->text, "OOM", 3) == 0)
        return storage_redis_full(REASON_UNWRITABLE, err);
    return connection_refused(reply, "store", err);
}

static int answers(struct put *put, uint32_t most_open, struct err *err) {
    while (put->sent - put->answered > most_open)
        TRY(answer(put, err));
    return 0;
}

static int send_chunk(struct put *put, size_t count, struct err *err) {
    struct args args;
    char key[STORAGE_REDIS_KEY_BYTES];
    storage_redis_chunk_key(put->store, put->upload, put->sent, key);
    args_begin(&args, "SET");
    args_text(&args, key);
    args_bytes(&args, put->buffer, count);
    args_text(&args, "PX");
    args_number(&args, UPLOAD_LIFE_MS);
    TRY(connection_send(put->wire, &args, deadline(put), err));
    put->sent++;
    return answers(put, STORAGE_REDIS_WINDOW - 1, err);
}

// A whole chunk, or what is left of the source.
static int read_chunk(const struct put *put, size_t *ret_count, struct err *err) {
    size_t count = 0;
    while (count < STORAGE_REDIS_CHUNK_BYTES) {
        ssize_t got =
            pread(put->source, put->buffer + count, STORAGE_REDIS_CHUNK_BYTES - count, (off_t)(put->bytes + count));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_sys(err, REASON_INFRA, "store: reading the source");
        if (got == 0)
            break;
        count += (size_t)got;
    }
    *ret_count = count;
    return 0;
}

// A source that grew, or one that takes long. Scripts use the same wire: nothing may be open on it.
static int stay(struct put *put, uint64_t bytes, struct err *err) {
    bool grown = bytes > put->reserved;
    if (!grown && clock_now_ns() - put->touched_ns < STORAGE_REDIS_TOUCH_MS * 1000000ull)
        return 0;
    TRY(answers(put, 0, err));
    return reserve(put, grown ? bytes : put->reserved, false, err);
}

static int send_all(struct put *put, struct err *err) {
    for (size_t count;; put->bytes += count) {
        TRY(read_chunk(put, &count, err));
        if (count == 0)
            return answers(put, 0, err);
        if (put->sent == STORAGE_REDIS_CHUNKS_MAX)
            return err_set(err, REASON_LIMIT_DISK, "store: expected at most %.0f MiB in one object, found more",
                           mib((uint64_t)STORAGE_REDIS_CHUNK_BYTES * STORAGE_REDIS_CHUNKS_MAX));
        TRY(stay(put, put->bytes + count, err));
        TRY(digest_add(&put->digest, put->buffer, count, err));
        TRY(send_chunk(put, count, err));
        storage_redis_reach(put->store);
    }
}

/* ---- the whole ---- */

static int finish(struct put *put, struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    const char *word = NULL;
    TRY(digest_version(&put->digest, put->kind, put->version, err));
    storage_redis_begin(put->store, SCRIPT_FINISH, &args);
    args_text(&args, put->upload);
    args_text(&args, put->version);
    args_number(&args, put->bytes);
    args_number(&args, STORAGE_REDIS_CHUNK_BYTES);
    args_text(&args, put->attempt);
    put->ending = true;
    TRY(storage_redis_once(put->store, SCRIPT_FINISH, &args, &reply, &word, err));
    storage_redis_reach(put->store);
    put->ending = false;
    if (strcmp(word, "GONE") == 0)
        return given_up(err);
    return strcmp(word, "OK") == 0 ? 0 : storage_redis_nonsense(SCRIPT_FINISH, err);
}

// Nothing of an upload that became an object is an upload any more: that stays.
static int abandon(struct put *put, struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    const char *word = NULL;
    storage_redis_begin(put->store, SCRIPT_ABANDON, &args);
    args_text(&args, put->upload);
    return storage_redis_once(put->store, SCRIPT_ABANDON, &args, &reply, &word, err);
}

// Once more from the beginning, into the same upload: its chunks become the same ones again. But into another one where
// the end was asked for and not answered: that one may have become the object.
static int begin(struct put *put, struct err *err) {
    if (put->ending) {
        TRY(abandon(put, err));
        dice_hex(put->upload);
    }
    put->ending = false;
    put->bytes = put->sent = put->answered = 0;
    return digest_begin(&put->digest, err);
}

static int attempt(struct session *session, void *context, uint64_t deadline_ns, struct err *err) {
    struct put *put = context;
    struct stat status;
    TRY(begin(put, err));
    if (fstat(put->source, &status) < 0)
        return err_sys(err, REASON_INFRA, "store: reading the source");
    TRY(reserve(put, status.st_size > 0 ? (uint64_t)status.st_size : 0, true, err));
    storage_redis_reach(put->store);
    TRY(session_connect(session, deadline_ns, &put->wire, err));
    struct err fault = {0};
    if (send_all(put, &fault) < 0) {
        session_drop(session);
        if (fault.reason == REASON_UNWRITABLE)
            (void)!abandon(put, NULL); // others may find room for theirs, while this one waits
        *err = fault;
        return -1;
    }
    return finish(put, err);
}

static int put_all(struct storage *storage, const char *attempt_name, uint32_t kind, int source_fd,
                   char ret_version[STORAGE_VERSION_BYTES], struct err *err) {
    __attribute__((cleanup(put_done))) struct put put = {.source = source_fd, .kind = kind, .attempt = attempt_name};
    struct err fault = {0};
    put.store = (struct storage_redis *)(void *)storage;
    put.buffer = malloc(STORAGE_REDIS_CHUNK_BYTES);
    if (!put.buffer)
        return err_set(err, REASON_INFRA, "store: no memory for a chunk");
    dice_hex(put.upload);
    if (session_patiently(&put.store->session, attempt, &put, &fault) < 0) {
        // Nobody else needs the room at once: what cannot be told to Redis now is collected later.
        if (fault.reason != REASON_UNREACHABLE)
            (void)!abandon(&put, NULL);
        if (err)
            *err = fault;
        return -1;
    }
    memcpy(ret_version, put.version, sizeof put.version);
    return 0;
}

int storage_redis_stage(struct storage *storage, const char *attempt_name, int source_fd,
                        char ret_version[STORAGE_VERSION_BYTES], struct err *err) {
    return put_all(storage, attempt_name, OBJECT_DATASET, source_fd, ret_version, err);
}

int storage_redis_put(struct storage *storage, uint32_t kind, int source_fd, char ret_version[STORAGE_VERSION_BYTES],
                      struct err *err) {
    return put_all(storage, "", kind, source_fd, ret_version, err);
}
