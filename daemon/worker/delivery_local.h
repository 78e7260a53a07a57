/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The delivery of `quern run`: keys in the user's store, outputs in a directory that gets them all at once, news and the
 * verdict over the events socket. A reader that is gone is not an error: the job goes on and its files tell.
 */
#ifndef DAEMON_DELIVERY_LOCAL_H
#define DAEMON_DELIVERY_LOCAL_H

#include "delivery.h"
#include "quern/catalogue.h"
#include "quern/run.h"

struct delivery_local {
    struct delivery base;
    const char *store_url;           /* borrowed; NULL: the default store */
    const char *store_password_file; /* borrowed; NULL: none */
    const char *dir;                 /* borrowed; NULL: nothing is kept */
    struct run_queue queue;          /* borrowed; whose keys are meant; url NULL: the store's own */
    struct queue *opened;            /* owned; that queue, when its catalogue is wanted */
    struct storage *store;           /* owned; opened when a key needs it */
    struct catalogue *catalogue;     /* owned; of the queue's keys, or of the store's */
    struct storage_drop *drop;       /* owned; opened with the first output */
    int events;                      /* borrowed; -1: nobody listens */
};

/* `dir` and `store_url` may be NULL. */
void delivery_local_init(struct delivery_local *local, const char *dir, const char *store_url, int events);
void delivery_local_done(struct delivery_local *local);

#endif
