/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a job prints and how far it is, on its way to the queue: a bounded backlog that whoever attends the child empties
 * in passing, so that a slow Redis delays neither the script nor its deadline. What finds no room is left out and counted
 * (the job's own stdout.txt has all of it). At most ten batches a second, the first 100 ms after the job began; more only
 * when they are full.
 *
 * Calling sequence: news_begin() for a job → news_log(), news_progress() at any time → before a poll news_wait() says what
 * to watch and how long, after it news_turn() → news_finish() before the end of the attempt.
 *
 * Ownership: queue and texts are borrowed; the queue is used for nothing else. Nothing here fails: news are no truth.
 */
#ifndef DAEMON_NEWS_H
#define DAEMON_NEWS_H

#include <stdbool.h>

#include "quern/queue.h"

#define NEWS_BACKLOG_BYTES (1u << 20)
#define NEWS_BACKLOG_PIECES 4096u
#define NEWS_PERIOD_MS 100
#define NEWS_MAX_PAUSE_MS 5000 /* between attempts at a Redis that does not answer */
#define NEWS_ANSWER_MS 5000    /* it is given for each */
#define NEWS_PROGRESS_BYTES 256

struct news_piece {
    bool is_stderr;
    uint32_t bytes;
};

struct news {
    struct queue *queue; /* borrowed; NULL: nobody is told */
    const char *id, *token;
    char *bytes; /* owned; NEWS_BACKLOG_BYTES of them, pieces one behind the other */
    uint32_t used;
    struct news_piece pieces[NEWS_BACKLOG_PIECES];
    uint32_t count;
    bool under_way;
    uint32_t sent;      /* pieces on their way; 0 while news are under way: it is the progress */
    uint64_t next_ns;   /* when something may be sent */
    uint64_t answer_ns; /* when an answer is late */
    uint32_t pause_ms;
    uint64_t left_out;
    char progress[NEWS_PROGRESS_BYTES];
    bool progressed; /* it is not told yet */
    bool fenced;     /* the queue says that the job is no longer this attempt's */
};

void news_init(struct news *news);
void news_done(struct news *news);

/* Forgets what there was. `id` and `token` live until news_finish(). */
void news_begin(struct news *news, struct queue *queue, const char *id, const char *token);

void news_log(struct news *news, bool is_stderr, const char *bytes, size_t count);
void news_progress(struct news *news, const char *text);

/* A descriptor that becomes readable, or -1; and when news_turn() wants to be called at the latest (CLOCK_NEVER). */
int news_wait(const struct news *news, uint64_t *ret_deadline_ns);
void news_turn(struct news *news);

/* What is left is told within `patience_ms`, or left out. */
void news_finish(struct news *news, uint32_t patience_ms);

#endif
