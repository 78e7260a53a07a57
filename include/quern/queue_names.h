/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The catalogue that a queue keeps: names → versions of objects in the store. catalogue_of_queue() makes it one of the
 * homes of quern/catalogue.h, which is what others speak to.
 *
 * Keys obey storage_key_check(), versions are [A-Za-z0-9_.:-]{1,127}. Names below `job:ID/` are those that the last
 * attempt of the job gave which completed or failed; they go when the job is removed or begins anew, and nothing else
 * changes them. Results, errors, units: queue.h.
 */
#ifndef QUERN_QUEUE_NAMES_H
#define QUERN_QUEUE_NAMES_H

#include "quern/queue.h"
#include "quern/storage.h"

/* OK, NO_NAME. */
MUST_USE int queue_name_get(struct queue *queue, const char *key, char ret_version[STORAGE_VERSION_BYTES],
                            uint64_t *ret_bytes, struct err *err);
/* All in one moment, at most QUEUE_MAX_NAMES, by somebody who holds no job: the last one wins. Not below `job:`. */
MUST_USE int queue_promote(struct queue *queue, const struct queue_name *names, size_t count, struct err *err);
/* All in one moment. NO_NAME: *ret_missing is the place of the first key that has none, and nothing changed. */
MUST_USE int queue_remove_names(struct queue *queue, const char *const *keys, size_t count, size_t *ret_missing,
                                struct err *err);

struct queue_named {
    char key[STORAGE_KEY_BYTES], version[STORAGE_VERSION_BYTES];
    uint64_t bytes, changed_unix_ms;
};

/* Names that begin with `prefix`, in the order of their bytes, behind the key `after` ("": from the first on), at most
 * `room` (up to QUEUE_MAX_LIST) of them. */
MUST_USE int queue_names(struct queue *queue, const char *prefix, const char *after, struct queue_named *rows,
                         size_t room, size_t *ret_count, struct err *err);

/* What tells this queue from every other one, of the same name, too: it is made when somebody first asks. */
MUST_USE int queue_identity(struct queue *queue, char ret[QUEUE_NONCE_BYTES], struct err *err);

/* The versions of objects that the documents of all jobs speak of, ended ones too: for the collector of the store. A piece
 * of them, some perhaps twice: `*cursor` is 0 at first, and 0 again after the last piece. A visitor's -1 is passed on. */
typedef int queue_version_fn(void *context, const char *version);
MUST_USE int queue_versions(struct queue *queue, uint64_t *cursor, queue_version_fn *visit, void *context,
                            struct err *err);

#endif
