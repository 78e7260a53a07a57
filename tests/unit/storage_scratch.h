/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of storage share: a directory of their own, sources, and children that die at a checkpoint. */
#ifndef TESTS_STORAGE_SCRATCH_H
#define TESTS_STORAGE_SCRATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ops/storage/storage_file.h"
#include "quern/catalogue.h"
#include "quern/own.h"
#include "quern/storage.h"
#include "redis_server.h"

struct scratch {
    char path[64];
    char url[160]; /* of its store */
    bool on_redis;
};

/* A store in a directory, or an empty one on the tests' Redis, which is started when the first test needs it. */
int scratch_file_setup(void **state);
int scratch_redis_setup(void **state);
int scratch_teardown(void **state); /* removes everything */
int scratch_group_teardown(void **state);
struct redis_server *scratch_server(void);

/* PATH/NAME, in a static buffer that lives until the next call. */
const char *scratch_path(const struct scratch *scratch, const char *name);
bool scratch_is_untouched(const struct scratch *scratch); /* no store was made */
size_t scratch_entries(const char *dir);                  /* hidden ones too, without . and .. */
void scratch_file(const char *path, const char *text);
bool scratch_holds(const char *path, const char *text);

/* Makes all that is there so much older. */
void scratch_age(const struct scratch *scratch, long long ms);

int scratch_source(const char *text); /* a sealed memory file */
struct storage *scratch_store(const struct scratch *scratch);
void scratch_put(struct storage *storage, const char *text, char version[STORAGE_VERSION_BYTES]);
int scratch_get(struct storage *storage, const char *key, struct storage_object *ret, struct err *err);
bool scratch_name_is(struct storage *storage, const char *key, const char *text);
void scratch_name(struct storage *storage, uint64_t fence, const char *key, const char *text);

/* A checkpoint that kills its process when the counter reaches zero. */
struct fuse {
    int left;
};
void fuse_burn(void *fuse);

/* Forks; the child runs `work` and exits 0. True when it came to its end, false when SIGKILL ended it. */
bool scratch_child(void (*work)(void *context), void *context);

/* Entries of a test list: with a store in a directory or on Redis; ON_BOTH: one test with each. */
#define ON(home, name)                                                                                                 \
    { #name " " #home, name, scratch_##home##_setup, scratch_teardown, NULL }
#define ON_BOTH(name) ON(file, name), ON(redis, name)

#endif
