/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The back end redis: (schemas/storage.md), private to its sources and tests. storage_redis.c has the names and what is
 * small, storage_redis_put.c and storage_redis_get.c the bytes, storage_redis_read.c reads what Redis says.
 *
 * Everything that Redis answers is checked: who writes there may be anybody. What it has to say of sizes is believed only
 * below the ceilings here.
 */
#ifndef QUERN_STORAGE_REDIS_H
#define QUERN_STORAGE_REDIS_H

#include "backend.h"
#include "quern/dice.h"
#include "redis/session.h"
#include "redis_scripts.h"

#define STORAGE_REDIS_UPLOAD_BYTES DICE_HEX_BYTES

enum {
    STORAGE_REDIS_CHUNK_BYTES = 1 << 20,
    STORAGE_REDIS_CHUNK_MAX = 8 << 20, /* that others may have written */
    STORAGE_REDIS_CHUNKS_MAX = 65536,  /* of one object: one script looks at all of them */
    STORAGE_REDIS_WINDOW = 8,          /* chunks under way at once */
    STORAGE_REDIS_TOUCH_MS = 20000,    /* who is under way says so */
    STORAGE_REDIS_PAGE = 500           /* names of one answer */
};

struct storage_redis {
    struct storage base;
    struct session session;
    char prefix[ADDRESS_PREFIX_BYTES + 16]; /* quern:store:{NAME} */
    void (*checkpoint)(void *context);      /* tests: called between the steps of a change; NULL */
    void *context;
};

struct storage_redis_manifest {
    uint64_t bytes;
    uint32_t chunk, count; /* bytes of all chunks but the last; chunks */
    char upload[STORAGE_REDIS_UPLOAD_BYTES];
};

/* Refuses bytes for want of room; always -1. */
int storage_redis_full(enum reason reason, struct err *err);

void storage_redis_reach(const struct storage_redis *store); /* a checkpoint */

/* The head of a script's arguments. */
void storage_redis_begin(const struct storage_redis *store, enum storage_script_id script, struct args *args);
/* Until it is answered or patience ends; the answer is a list that begins with *ret_word, borrowed from it. */
MUST_USE int storage_redis_run(struct storage_redis *store, enum storage_script_id script, const struct args *args,
                               struct reply **ret, const char **ret_word, struct err *err);
/* Once, on the way of somebody who repeats more than this. */
MUST_USE int storage_redis_once(struct storage_redis *store, enum storage_script_id script, const struct args *args,
                                struct reply **ret, const char **ret_word, struct err *err);
/* An answer that does not belong to the script; always -1. */
int storage_redis_nonsense(enum storage_script_id script, struct err *err);

/* "quern:store:{NAME}:chunk:UPLOAD:INDEX" */
#define STORAGE_REDIS_KEY_BYTES 192
void storage_redis_chunk_key(const struct storage_redis *store, const char *upload, uint32_t index,
                             char key[STORAGE_REDIS_KEY_BYTES]);

int storage_redis_put(struct storage *storage, uint32_t kind, int source_fd, char ret_version[STORAGE_VERSION_BYTES],
                      struct err *err);
int storage_redis_stage(struct storage *storage, const char *attempt, int source_fd,
                        char ret_version[STORAGE_VERSION_BYTES], struct err *err);
int storage_redis_get(struct storage *storage, const char *version, struct storage_object *ret, struct err *err);
int storage_redis_collect(struct storage *storage, uint64_t age_ms, uint64_t budget, struct wanted *wanted,
                          struct storage_collected *ret, struct err *err);

/* ---- readers of answers, apart from the wire for the fuzzer's sake; REASON_INFRA ---- */

/* 1, or 0 for NONE. */
MUST_USE int storage_redis_read_manifest(const struct reply *reply, struct storage_redis_manifest *ret,
                                         struct err *err);
MUST_USE int storage_redis_read_pin(const struct reply *reply, struct storage_pin *ret, struct err *err);
/* The entry at `index`; texts are borrowed from the reply. */
MUST_USE int storage_redis_read_entry(const struct reply *reply, size_t index, struct storage_entry *ret,
                                      struct err *err);
/* The number of entries. */
MUST_USE int storage_redis_read_names(const struct reply *reply, size_t *ret_count, struct err *err);

#endif
