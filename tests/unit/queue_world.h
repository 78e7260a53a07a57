/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A queue on a private Redis whose clock the test drives, and the short words that tests of transitions are made of.
 * Every word fails the test when the queue answers otherwise than it says.
 */
#ifndef QUERN_TESTS_QUEUE_WORLD_H
#define QUERN_TESTS_QUEUE_WORLD_H

#include "quern/queue_client.h"
#include "quern/queue_keeper.h"
#include "quern/queue_worker.h"
#include "redis_server.h"

#define WORLD_LEASE_MS 30000u
#define WORLD_EPOCH_MS 1700000000000ll

struct queue_world {
    struct redis_server redis;
    struct queue *queue;
    struct err err;
};

/* cmocka's: one Redis for a group of tests, an empty one for each. With QUERN_TESTS_GUARDED in the environment the queue
 * reaches it over TCP, as the user of deploy/redis/users.acl. */
int world_open(void **state);
int world_close(void **state);
int world_empty(void **state);

/* One for each claim, until the next call. */
const char *world_nonce(void);
void world_advance(struct queue_world *world, long long ms);
struct queue_submission world_job(const char *id);
void world_submit(struct queue_world *world, const struct queue_submission *job, enum job_state expected);
void world_submit_plain(struct queue_world *world, const char *id);
/* The claimed job must be this one; the caller frees nothing: documents are dropped. */
struct queue_claim world_claim(struct queue_world *world, const char *id);
void world_claim_nothing(struct queue_world *world, const char *why);
struct queue_ticked world_tick(struct queue_world *world);
/* Fails the attempt with a reason; says what became of the job. */
enum job_state world_fail(struct queue_world *world, const struct queue_claim *claim, enum reason reason, int detail);
void world_complete(struct queue_world *world, const struct queue_claim *claim);
/* The job is in this state, in its index, and in no other. */
void world_expect(struct queue_world *world, const char *id, enum job_state expected);
void world_expect_why(struct queue_world *world, const char *id, const char *why);

#endif
