// SPDX-License-Identifier: Apache-2.0
// Bytes on their way from Redis: chunks straight into a memory file, several asked for at once, hashed as they arrive.
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "digest.h"
#include "quern/clock.h"
#include "quern/memory.h"
#include "quern/object.h"
#include "quern/own.h"
#include "storage_redis.h"

struct get {
    struct storage_redis *store;
    const char *version;
    struct storage_redis_manifest manifest;
    bool found;
    int fd;      /* owned; -1: none yet */
    char *place; /* the file, mapped */
    struct connection *wire;
    uint32_t asked, taken; /* chunks */
    uint64_t touched_ns;
    struct digest digest;
};

static void unmap(struct get *get) {
    if (get->place)
        munmap(get->place, get->manifest.bytes);
    get->place = NULL;
}

static void close_file(struct get *get) {
    unmap(get);
    if (get->fd >= 0)
        close(get->fd);
    get->fd = -1;
}

static void get_done(struct get *get) {
    close_file(get);
    digest_end(&get->digest);
}

static uint64_t deadline(const struct get *get) { return clock_deadline_ns(get->store->session.timeout_ms); }

// Also says that somebody reads it. 1, or 0 when there is no such object.
static int open_object(struct get *get, struct storage_redis_manifest *ret, struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    const char *word = NULL;
    storage_redis_begin(get->store, SCRIPT_OPEN, &args);
    args_text(&args, get->version);
    TRY(storage_redis_once(get->store, SCRIPT_OPEN, &args, &reply, &word, err));
    get->touched_ns = clock_now_ns();
    return storage_redis_read_manifest(reply, ret, err);
}

static int ask(struct get *get, struct err *err) {
    struct args args;
    char key[STORAGE_REDIS_KEY_BYTES];
    storage_redis_chunk_key(get->store, get->manifest.upload, get->asked, key);
    args_begin(&args, "GET");
    args_text(&args, key);
    get->asked++;
    return connection_send(get->wire, &args, deadline(get), err);
}

static int take(struct get *get, struct err *err) {
    auto_reply struct reply *reply = NULL;
    const struct storage_redis_manifest *manifest = &get->manifest;
    uint64_t offset = (uint64_t)get->taken * manifest->chunk, left = manifest->bytes - offset;
    size_t expected = left < manifest->chunk ? (size_t)left : manifest->chunk, count = 0;
    TRY(connection_receive_bytes(get->wire, get->place + offset, expected, deadline(get), &count, &reply, err));
    if (reply && reply->kind == REPLY_ERROR)
        return connection_refused(reply, "store", err);
    if (reply || count != expected)
        return err_set(err, REASON_INFRA, "store: version %s is damaged: chunk %u of %u is not there as it should be",
                       get->version, get->taken + 1, manifest->count);
    get->taken++;
    return digest_add(&get->digest, get->place + offset, count, err);
}

// Scripts use the same wire: after a while no more is asked for, until nothing is open on it.
static int take_all(struct get *get, struct err *err) {
    while (get->taken < get->manifest.count) {
        bool tired = clock_now_ns() - get->touched_ns > STORAGE_REDIS_TOUCH_MS * 1000000ull;
        while (!tired && get->asked < get->manifest.count && get->asked - get->taken < STORAGE_REDIS_WINDOW)
            TRY(ask(get, err));
        if (get->asked > get->taken)
            TRY(take(get, err));
        struct storage_redis_manifest again;
        if (tired && get->asked == get->taken)
            TRY(open_object(get, &again, err));
    }
    return 0;
}

static int make_file(struct get *get, struct err *err) {
    get->fd = memory_new("object", get->manifest.bytes, err);
    TRY(get->fd);
    if (get->manifest.bytes == 0)
        return 0;
    void *place = mmap(NULL, get->manifest.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, get->fd, 0);
    if (place == MAP_FAILED)
        return err_sys(err, REASON_INFRA, "store: mapping %llu bytes", (unsigned long long)get->manifest.bytes);
    get->place = place;
    return 0;
}

static int check(struct get *get, struct err *err) {
    char found[STORAGE_VERSION_BYTES];
    TRY(digest_version(&get->digest, object_of_version(get->version), found, err));
    if (strcmp(found, get->version) != 0)
        return err_set(err, REASON_INFRA, "store: version %s is damaged: its bytes are those of %s", get->version,
                       found);
    return 0;
}

// What was being read may have been collected since, if nobody wanted it any more: then it is not there, and not damaged.
static int fail(struct get *get, struct err *err) {
    struct storage_redis_manifest again;
    if (open_object(get, &again, NULL) != 0)
        return -1;
    if (err)
        *err = (struct err){0};
    get->found = false;
    return 0;
}

static int attempt(struct session *session, void *context, uint64_t deadline_ns, struct err *err) {
    struct get *get = context;
    close_file(get);
    get->asked = get->taken = 0;
    TRY(digest_begin(&get->digest, err));
    int found = open_object(get, &get->manifest, err);
    TRY(found);
    get->found = found;
    if (!found)
        return 0;
    storage_redis_reach(get->store);
    TRY(make_file(get, err));
    TRY(session_connect(session, deadline_ns, &get->wire, err));
    struct err fault = {0};
    if (take_all(get, &fault) < 0) {
        session_drop(session);
        if (err)
            *err = fault;
        return patience_passes(&fault) ? -1 : fail(get, err);
    }
    return check(get, err);
}

int storage_redis_get(struct storage *storage, const char *version, struct storage_object *ret, struct err *err) {
    __attribute__((cleanup(get_done))) struct get get = {.version = version, .fd = -1};
    get.store = (struct storage_redis *)(void *)storage;
    TRY(session_patiently(&get.store->session, attempt, &get, err));
    if (!get.found)
        return 0;
    unmap(&get);
    TRY(memory_seal(get.fd, err));
    struct storage_object object = {.bytes = get.manifest.bytes};
    memcpy(object.version, version, strlen(version) + 1);
    object.fd = memory_reopen(get.fd, err);
    TRY(object.fd);
    *ret = object;
    return 1;
}
