// SPDX-License-Identifier: Apache-2.0
#include "listing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "attempt.h"
#include "kept.h"
#include "quern/catalogue.h"

// One page of names, in their order.
struct page {
    const struct attempt *attempt;
    const char *after;
    struct request_reply *reply;
    bool full;
};

static int add_line(struct page *page, const char *key, uint64_t bytes) {
    struct request_reply *reply = page->reply;
    size_t room = sizeof reply->data - reply->count;
    int used = snprintf(reply->data + reply->count, room, "%" PRIu64 " %s\n", bytes, key);
    page->full = used < 0 || (size_t)used >= room;
    if (page->full)
        return 1;
    reply->count += (uint32_t)used;
    reply->bytes++;
    return 0;
}

static int add_key(struct page *page, const char *key, uint64_t bytes) {
    if (strcmp(key, page->after) <= 0 || !job_may_read(&page->attempt->job, key) || kept_find(page->attempt, key))
        return 0;
    return add_line(page, key, bytes);
}

static int visit(void *context, const struct storage_entry *entry) {
    return add_key(context, entry->key, entry->bytes);
}

// Those that this run wrote come first, in the first page; there are few.
static void add_written(struct page *page, const char *prefix) {
    const struct attempt *attempt = page->attempt;
    struct stat status;
    for (uint32_t i = 0; i < attempt->written_count; i++) {
        const struct attempt_file *written = &attempt->written[i];
        if (strncmp(written->name, prefix, strlen(prefix)) == 0 && fstat(written->fd, &status) == 0)
            (void)add_line(page, written->name, (uint64_t)status.st_size);
    }
}

// ---- what is walked ----

// A key, or all that begin with it: its end is a slash then, or it is what was asked for.
struct range {
    char text[STORAGE_KEY_BYTES + 1];
    bool below;
};

enum { MAX_RANGES = 2 * (JOB_MAX_PREFIXES + 1) };

static void add_range(struct range *ranges, size_t *count, bool below, const char *text, size_t bytes,
                      const char *end) {
    struct range *range = &ranges[(*count)++];
    range->below = below;
    snprintf(range->text, sizeof range->text, "%.*s%s", (int)bytes, text, end);
}

// What a prefix of the job's and the one that was asked for have in common.
static void add_common(struct range *ranges, size_t *count, const char *prefix, const char *asked) {
    size_t bytes = strlen(prefix);
    bytes -= bytes > 0 && prefix[bytes - 1] == '/';
    if (bytes < STORAGE_KEY_BYTES && strncmp(asked, prefix, bytes) == 0 && asked[bytes] == '/') {
        add_range(ranges, count, true, asked, strlen(asked), "");
    } else if (bytes < STORAGE_KEY_BYTES && strlen(asked) <= bytes && strncmp(asked, prefix, strlen(asked)) == 0) {
        add_range(ranges, count, false, prefix, bytes, "");
        add_range(ranges, count, true, prefix, bytes, "/");
    }
}

static int by_text(const void *a, const void *b) {
    const struct range *one = a, *other = b;
    int order = strcmp(one->text, other->text);
    return order ? order : (int)other->below - (int)one->below;
}

// In order, so that the last key of a page tells where the next one begins.
static size_t find_ranges(const struct job *job, const char *asked, struct range *ranges) {
    char own[JOB_ID_BYTES + 8];
    size_t count = 0;
    if (!job->read) {
        add_range(ranges, &count, true, asked, strlen(asked), "");
        return count;
    }
    snprintf(own, sizeof own, "job:%s", job->id);
    add_common(ranges, &count, own, asked);
    for (size_t i = 0; i < job->read_count && i < JOB_MAX_PREFIXES; i++)
        add_common(ranges, &count, job->read[i], asked);
    qsort(ranges, count, sizeof *ranges, by_text);
    return count;
}

static int walk_key(struct catalogue *catalogue, const char *key, struct page *page, struct err *err) {
    struct storage_pin pin;
    struct err why;
    if (catalogue_find(catalogue, key, &pin, &why) == 0) {
        (void)add_key(page, key, pin.bytes);
        return 0;
    }
    if (why.reason == REASON_NOT_FOUND || why.reason == REASON_BAD_INPUT)
        return 0;
    *err = why;
    return -1;
}

// Of two that overlap the wider one comes first. The same key twice is told once.
static bool is_covered(const struct range *range, const struct range *walked) {
    return walked && (walked->below ? strncmp(range->text, walked->text, strlen(walked->text)) == 0
                                    : !range->below && strcmp(range->text, walked->text) == 0);
}

static int walk(const struct range *ranges, size_t count, struct page *page, struct err *err) {
    struct catalogue *catalogue = NULL;
    struct attempt *attempt = (struct attempt *)(uintptr_t)page->attempt;
    const struct range *walked = NULL;
    if (count)
        TRY(attempt->delivery->kind->catalogue(attempt, &catalogue, err));
    for (size_t i = 0; i < count && !page->full; i++) {
        const struct range *range = &ranges[i];
        if (is_covered(range, walked))
            continue;
        TRY(range->below ? catalogue_names(catalogue, range->text, visit, page, err)
                         : walk_key(catalogue, range->text, page, err));
        walked = range;
    }
    return 0;
}

int listing_page(struct attempt *attempt, const char *prefix, const char *after, struct request_reply *reply,
                 struct err *err) {
    struct page page = {.attempt = attempt, .after = after, .reply = reply};
    struct range *ranges = calloc(MAX_RANGES, sizeof *ranges);
    if (!ranges)
        return err_set(err, REASON_INFRA, "out of memory for a list of keys");
    if (!after[0])
        add_written(&page, prefix);
    int walked =
        strlen(prefix) < STORAGE_KEY_BYTES ? walk(ranges, find_ranges(&attempt->job, prefix, ranges), &page, err) : 0;
    free(ranges);
    return walked;
}
