/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The catalogue: which version of which object a key names. It has one of two homes: the store itself, or a queue, whose
 * jobs set their names in the same transition that ends them. The objects are in the store in both cases. `dataset`,
 * `run`, `submit` and the workers speak to it, never to a home.
 *
 * Calling sequence: storage_open() [→ queue_open()] → catalogue_of_store() or catalogue_of_queue() → any of the calls →
 * catalogue_close(). A new dataset: catalogue_put() → catalogue_promote().
 *
 * Ownership: store and queue are borrowed, and stay open. A catalogue is used by one thread at a time, and by none that
 * uses its queue at that moment. Descriptors of objects belong to the caller.
 *
 * Errors: REASON_NOT_FOUND names the key; all others of storage.h and queue.h.
 */
#ifndef QUERN_CATALOGUE_H
#define QUERN_CATALOGUE_H

#include "quern/storage.h"

struct catalogue; /* opaque */
struct queue;     /* quern/queue.h */

MUST_USE int catalogue_of_store(struct storage *storage, struct catalogue **ret, struct err *err);
/* In quern_queue; the other calls are in quern_storage. */
MUST_USE int catalogue_of_queue(struct queue *queue, struct storage *storage, struct catalogue **ret, struct err *err);
void catalogue_close(struct catalogue *catalogue); /* accepts NULL */

/* Where the objects are. Borrowed. */
struct storage *catalogue_storage(const struct catalogue *catalogue);

/* storage_put() of something that a job of this home will want, or a name of it. */
MUST_USE int catalogue_put_as(struct catalogue *catalogue, uint32_t kind, int source_fd,
                              char ret_version[STORAGE_VERSION_BYTES], struct err *err);
MUST_USE int catalogue_put(struct catalogue *catalogue, int source_fd, char ret_version[STORAGE_VERSION_BYTES],
                           struct err *err);

/* What the key names now; no bytes are moved. */
MUST_USE int catalogue_find(struct catalogue *catalogue, const char *key, struct storage_pin *ret, struct err *err);

/* The same for somebody who will want the bytes later, and whom the collector of the store learns of in between: a
 * submission. */
MUST_USE int catalogue_pin(struct catalogue *catalogue, const char *key, struct storage_pin *ret, struct err *err);

/* `version` NULL: the one that the key names now; else `key` is only what errors call it. */
MUST_USE int catalogue_get(struct catalogue *catalogue, const char *key, const char *version,
                           struct storage_object *ret, struct err *err);

/* All names in one atomic step, without a fence: the last one wins. Every version must be in the store. */
MUST_USE int catalogue_promote(struct catalogue *catalogue, const struct storage_name *names, size_t count,
                               struct err *err);
/* REASON_NOT_FOUND names the first key that has no name; nothing changes then. */
MUST_USE int catalogue_remove(struct catalogue *catalogue, const char *const *keys, size_t count, struct err *err);

/* As storage_names(). */
MUST_USE int catalogue_names(struct catalogue *catalogue, const char *prefix, storage_visit_fn *visit, void *context,
                             struct err *err);

/* storage_collect() with what the names and jobs of all these homes of one store want, and the store's own names.
 * REASON_CONFIG names a home that the store knows and that is not among them: nothing is collected then. */
#define CATALOGUE_MAX_HOMES 64

MUST_USE int catalogue_collect(struct catalogue *const *catalogues, size_t count, uint64_t age_ms, uint64_t budget,
                               struct storage_collected *ret, struct err *err);

#endif
