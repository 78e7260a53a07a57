// SPDX-License-Identifier: Apache-2.0
#include "news.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quern/clock.h"
#include "quern/queue_worker.h"

// Room that the piece which tells of left out bytes will need.
enum { MARK_BYTES = 128 };

void news_init(struct news *news) { *news = (struct news){.next_ns = 0}; }

void news_done(struct news *news) {
    free(news->bytes);
    news->bytes = NULL;
}

void news_begin(struct news *news, struct queue *queue, const char *id, const char *token) {
    char *bytes = news->bytes;
    // A job that is over sooner tells all of it at once, at its end.
    *news = (struct news){
        .queue = queue, .id = id, .token = token, .bytes = bytes, .next_ns = clock_deadline_ns(NEWS_PERIOD_MS)};
}

// ---- the backlog ----

static bool has_memory(struct news *news) {
    if (!news->bytes)
        news->bytes = malloc(NEWS_BACKLOG_BYTES);
    return news->bytes != NULL;
}

// The last piece grows while it is of the same stream and not on its way.
static struct news_piece *piece_for(struct news *news, bool is_stderr) {
    struct news_piece *last = news->count > news->sent ? &news->pieces[news->count - 1] : NULL;
    if (last && last->is_stderr == is_stderr && last->bytes < QUEUE_MAX_LOG)
        return last;
    if (news->count == NEWS_BACKLOG_PIECES)
        return NULL;
    news->pieces[news->count] = (struct news_piece){.is_stderr = is_stderr};
    return &news->pieces[news->count++];
}

static size_t append(struct news *news, bool is_stderr, const char *bytes, size_t count, size_t room) {
    struct news_piece *piece = room ? piece_for(news, is_stderr) : NULL;
    if (!piece)
        return 0;
    size_t part = count < room ? count : room;
    if (part > QUEUE_MAX_LOG - piece->bytes)
        part = QUEUE_MAX_LOG - piece->bytes;
    memcpy(news->bytes + news->used, bytes, part);
    news->used += (uint32_t)part;
    piece->bytes += (uint32_t)part;
    return part;
}

static void mark_gap(struct news *news) {
    char mark[MARK_BYTES];
    int used = snprintf(mark, sizeof mark, "[quern: %llu bytes are left out here; the job's files have them]\n",
                        (unsigned long long)news->left_out);
    if (news->count < NEWS_BACKLOG_PIECES && append(news, true, mark, (size_t)used, NEWS_BACKLOG_BYTES - news->used))
        news->left_out = 0;
}

// Once something was left out, nothing is taken in before half of the backlog is told: one gap, not a sieve.
void news_log(struct news *news, bool is_stderr, const char *bytes, size_t count) {
    if (!news->queue || count == 0)
        return;
    if (news->left_out && news->used <= NEWS_BACKLOG_BYTES / 2)
        mark_gap(news);
    if (!has_memory(news) || news->left_out) {
        news->left_out += count;
        return;
    }
    while (count > 0) {
        size_t part = append(news, is_stderr, bytes, count, NEWS_BACKLOG_BYTES - MARK_BYTES - news->used);
        if (part == 0)
            break;
        bytes += part;
        count -= part;
    }
    news->left_out += count;
}

void news_progress(struct news *news, const char *text) {
    snprintf(news->progress, sizeof news->progress, "%s", text);
    news->progressed = true;
}

// What was on its way is told.
static void forget_sent(struct news *news) {
    uint32_t bytes = 0;
    for (uint32_t i = 0; i < news->sent; i++)
        bytes += news->pieces[i].bytes;
    news->used -= bytes;
    news->count -= news->sent;
    if (news->used)
        memmove(news->bytes, news->bytes + bytes, news->used);
    memmove(news->pieces, news->pieces + news->sent, news->count * sizeof *news->pieces);
    news->sent = 0;
}

// ---- telling ----

static bool has_news(const struct news *news) { return news->queue && (news->count > 0 || news->progressed); }

static void pause_longer(struct news *news) {
    news->pause_ms = news->pause_ms * 2 > NEWS_MAX_PAUSE_MS ? NEWS_MAX_PAUSE_MS
                     : news->pause_ms                       ? news->pause_ms * 2
                                                            : NEWS_PERIOD_MS;
    news->next_ns = clock_deadline_ns(news->pause_ms);
    news->progressed = news->progressed || news->sent == 0;
    news->under_way = false;
    news->sent = 0;
}

static uint32_t fill_batch(const struct news *news, struct queue_output outputs[QUEUE_MAX_OUTPUTS]) {
    uint32_t count = 0, bytes = 0;
    while (count < news->count && count < QUEUE_MAX_OUTPUTS && bytes + news->pieces[count].bytes <= QUEUE_MAX_LOG) {
        const struct news_piece *piece = &news->pieces[count];
        outputs[count++] = (struct queue_output){piece->is_stderr, news->bytes + bytes, piece->bytes};
        bytes += piece->bytes;
    }
    return count;
}

static void send_next(struct news *news) {
    struct queue_output outputs[QUEUE_MAX_OUTPUTS];
    struct err ignored;
    int begun;
    if (news->progressed) {
        begun = queue_progress_begin(news->queue, news->id, news->token, news->progress, &ignored);
        news->progressed = false;
    } else {
        news->sent = fill_batch(news, outputs);
        begun = queue_log_begin(news->queue, news->id, news->token, outputs, news->sent, &ignored);
    }
    news->under_way = begun == 0;
    news->answer_ns = clock_deadline_ns(NEWS_ANSWER_MS);
    if (begun < 0)
        pause_longer(news);
}

// A full batch behind this one goes at once: bounded by what a job's log may have at all.
static bool more_is_full(const struct news *news) {
    return news->used >= QUEUE_MAX_LOG || news->count >= QUEUE_MAX_OUTPUTS;
}

static void take_answer(struct news *news) {
    struct err ignored;
    int answer = queue_news_end(news->queue, &ignored);
    if (answer < 0) {
        pause_longer(news);
        return;
    }
    news->fenced = news->fenced || answer == QUEUE_FENCED;
    news->under_way = false;
    news->pause_ms = 0;
    forget_sent(news);
    news->next_ns = more_is_full(news) ? 0 : clock_deadline_ns(NEWS_PERIOD_MS);
}

int news_wait(const struct news *news, uint64_t *ret_deadline_ns) {
    *ret_deadline_ns = news->under_way                   ? news->answer_ns
                       : has_news(news) && !news->fenced ? news->next_ns
                                                         : CLOCK_NEVER;
    return news->under_way ? queue_news_fd(news->queue) : -1;
}

static bool answered(const struct news *news, uint64_t deadline_ns) {
    struct pollfd answer = {.fd = queue_news_fd(news->queue), .events = POLLIN};
    return poll(&answer, 1, deadline_ns ? clock_poll_ms(deadline_ns) : 0) > 0;
}

void news_turn(struct news *news) {
    if (news->under_way) {
        if (answered(news, 0)) {
            take_answer(news);
        } else if (clock_now_ns() >= news->answer_ns) {
            queue_news_drop(news->queue);
            pause_longer(news);
        }
    }
    if (!news->under_way && !news->fenced && has_news(news) && clock_now_ns() >= news->next_ns)
        send_next(news);
}

// Progress is of no use any more.
static void finish_step(struct news *news, uint64_t deadline_ns) {
    news->progressed = false;
    if (!news->under_way && news->pause_ms)
        poll(NULL, 0, (int)news->pause_ms);
    if (!news->under_way)
        send_next(news);
    if (news->under_way && answered(news, deadline_ns))
        take_answer(news);
}

void news_finish(struct news *news, uint32_t patience_ms) {
    uint64_t deadline_ns = clock_deadline_ns(patience_ms);
    if (!news->queue)
        return;
    if (news->left_out)
        mark_gap(news);
    while ((news->under_way || (news->count > 0 && !news->fenced)) && clock_now_ns() < deadline_ns)
        finish_step(news, deadline_ns);
    queue_news_drop(news->queue);
    news->queue = NULL;
}
