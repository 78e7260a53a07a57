// SPDX-License-Identifier: Apache-2.0
// bench_store MEBIBYTES: an object into a store on a private Redis and back, beside one value by hiredis alone, and beside
// SHA-256, which the store takes of all bytes. Rounds: rounds.h.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "ops/storage/digest.h"
#include "quern/clock.h"
#include "quern/memory.h"
#include "quern/own.h"
#include "rounds.h"
#include "tests/unit/redis_server.h"

struct place {
    struct redis_server redis;
    struct storage *storage;
    int source;
    uint64_t *words; // the source, mapped
    size_t bytes;
};

static void die(const char *text) {
    fprintf(stderr, "bench_store: %s\n", text);
    exit(1);
}

// Other bytes in each round, so that nothing is there already.
static void change(struct place *place, uint64_t round) {
    uint64_t value = round * 0x9e3779b97f4a7c15ull;
    for (size_t i = 0; i < place->bytes / sizeof *place->words; i++)
        place->words[i] = value = value * 6364136223846793005ull + 1442695040888963407ull;
}

static void reply_done(redisReply *reply) {
    if (!reply || reply->type == REDIS_REPLY_ERROR)
        die("Redis refused");
    freeReplyObject(reply);
}

static void hash(const struct place *place) {
    auto_digest struct digest digest = {NULL};
    char version[STORAGE_VERSION_BYTES];
    uint64_t start = clock_now_ns();
    if (digest_begin(&digest, NULL) < 0 || digest_add(&digest, place->words, place->bytes, NULL) < 0 ||
        digest_version(&digest, 0, version, NULL) < 0)
        die("SHA-256");
    rounds_since("SHA-256 alone", start);
}

static void by_hiredis(struct place *place) {
    uint64_t start = clock_now_ns();
    reply_done(redisCommand(place->redis.raw, "SET value %b", place->words, place->bytes));
    rounds_since("put, hiredis alone", start);
    start = clock_now_ns();
    redisReply *reply = redisCommand(place->redis.raw, "GET value");
    if (!reply || reply->len != place->bytes)
        die("the value is not there");
    rounds_since("get, hiredis alone", start);
    freeReplyObject(reply);
}

static void by_storage(struct place *place) {
    struct err err;
    struct storage_object object;
    char version[STORAGE_VERSION_BYTES];
    uint64_t start = clock_now_ns();
    if (storage_put(place->storage, place->source, version, &err) < 0)
        die(err.msg);
    rounds_since("put, store", start);
    start = clock_now_ns();
    if (storage_get_version(place->storage, version, &object, &err) < 0)
        die(err.msg);
    rounds_since("get, store", start);
    close(object.fd);
}

static void open_place(struct place *place, size_t bytes) {
    redis_server_start(&place->redis, false);
    char url[128];
    snprintf(url, sizeof url, "redis+%s", place->redis.url);
    place->bytes = bytes;
    place->source = memory_new("source", bytes, NULL);
    void *mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, place->source, 0);
    if (mapped == MAP_FAILED || storage_open(url, &place->storage, NULL) < 0)
        die("preparing");
    place->words = mapped;
}

int main(int argc, char **argv) {
    struct place place = {.source = -1};
    size_t mebibytes = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
    if (mebibytes == 0 || mebibytes > 512)
        die("expected 1 to 512 mebibytes");
    open_place(&place, mebibytes << 20);
    for (uint64_t round = 1; rounds_wait(); round++) {
        change(&place, round);
        hash(&place);
        by_hiredis(&place);
        reply_done(redisCommand(place.redis.raw, "FLUSHALL"));
        by_storage(&place);
        reply_done(redisCommand(place.redis.raw, "FLUSHALL"));
        rounds_end();
    }
    storage_close(place.storage);
    redis_server_stop(&place.redis);
    return 0;
}
