// SPDX-License-Identifier: Apache-2.0
// Whatever stands where the store's Redis should be may answer anything to anything: the first byte says which call meets
// the rest. Each ends with a checked value or an error with words; bytes that come back are those of their version.
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ops/storage/storage_redis.h"
#include "quern/memory.h"
#include "quern/own.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

#define HELLO "sha256-2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

enum { INPUT_MAX = 65536 };

static void get(struct storage *storage, struct err *err) {
    struct storage_object object;
    if (storage_get_version(storage, HELLO, &object, err) < 0)
        return;
    auto_fd int fd = object.fd;
    char text[8];
    assert(object.bytes == 5 && pread(fd, text, sizeof text, 0) == 5 && memcmp(text, "hello", 5) == 0);
}

static void find(struct storage *storage, struct err *err) {
    struct storage_pin pin;
    if (storage_find(storage, "a/b", &pin, err) == 0)
        assert(storage_version_check("", pin.version, NULL) == 0);
}

static void keep(struct storage *storage, struct err *err) {
    uint64_t bytes;
    (void)!storage_keep(storage, "a/b", HELLO, &bytes, err);
}

static int visit(void *context, const struct storage_entry *entry) {
    char *last = context;
    assert(storage_held_key_check(entry->key, NULL) == 0 && storage_version_check("", entry->version, NULL) == 0);
    assert(strcmp(entry->key, last) > 0 && entry->changed_s >= 0);
    memcpy(last, entry->key, strlen(entry->key) + 1);
    return 0;
}

static void names(struct storage *storage, struct err *err) {
    char last[STORAGE_KEY_BYTES] = "";
    (void)!storage_names(storage, "", visit, last, err);
}

static void put(struct storage *storage, struct err *err) {
    char version[STORAGE_VERSION_BYTES];
    auto_fd int source = memory_from("source", "hello", 5, NULL);
    if (source < 0)
        abort();
    if (storage_stage(storage, "attempt", source, version, err) == 0)
        assert(strcmp(version, HELLO) == 0);
}

static void promote(struct storage *storage, struct err *err) {
    const struct storage_name changed[] = {{"a/b", HELLO}, {"c", HELLO}};
    (void)!storage_promote(storage, 7, changed, 2, err);
}

static void take_away(struct storage *storage, struct err *err) {
    const char *const keys[] = {"a/b", "c"};
    (void)!storage_remove(storage, STORAGE_UNFENCED, keys, 2, err);
}

static void commit(struct storage *storage, struct err *err) { (void)!storage_commit(storage, "attempt", "{}", err); }

static void usage(struct storage *storage, struct err *err) {
    struct storage_usage usage;
    (void)!storage_usage(storage, &usage, err);
}

static void collect(struct storage *storage, struct err *err) {
    const struct storage_collect rules = {.age_ms = STORAGE_MIN_AGE_MS, .budget = 3};
    struct storage_collected collected;
    (void)!storage_collect(storage, &rules, &collected, err);
}

static void (*const calls[])(struct storage *storage, struct err *err) = {get,     find,      keep,   names, put,
                                                                          promote, take_away, commit, usage, collect};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    int ends[2];
    struct storage *storage = NULL;
    struct err err = {0};
    if (count < 2 || count > INPUT_MAX)
        return 0;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0 ||
        storage_open("redis+unix:/nonexistent/socket", &storage, NULL) < 0)
        abort();
    auto_fd int peer = ends[1];
    struct session *session = &((struct storage_redis *)(void *)storage)->session;
    if (connection_adopt(ends[0], "fuzz", session->limits, &session->connection, NULL) < 0)
        abort();
    if (write(peer, bytes + 1, count - 1) != (ssize_t)(count - 1))
        abort();
    shutdown(peer, SHUT_WR);
    calls[bytes[0] % (sizeof calls / sizeof *calls)](storage, &err);
    assert(!err.reason || (err.msg[0] && memchr(err.msg, '\0', sizeof err.msg)));
    storage_close(storage);
    return 0;
}
