// SPDX-License-Identifier: Apache-2.0
// Which queues there are on a Redis. No key lists them: one of their own would be in no slot of theirs.
#include <stdlib.h>
#include <string.h>

#include "quern/clock.h"
#include "quern/queue_operator.h"
#include "queue/call.h"

enum { SCAN_COUNT = 10000, SCAN_MS = 60000, CURSOR_BYTES = 24 };

struct found {
    char (*names)[QUEUE_NAME_BYTES];
    size_t room, count;
};

// "quern:{NAME}:conf" or "quern:{NAME}:number"; anything else is of no interest.
static void take_key(struct found *found, const char *key) {
    static const char head[] = "quern:{";
    const char *name = key + strlen(head), *end = strchr(key, '}');
    if (strncmp(key, head, strlen(head)) != 0 || !end || end <= name || (size_t)(end - name) >= QUEUE_NAME_BYTES ||
        (strcmp(end, "}:conf") != 0 && strcmp(end, "}:number") != 0))
        return;
    size_t bytes = (size_t)(end - name);
    for (size_t i = 0; i < found->count; i++)
        if (strlen(found->names[i]) == bytes && strncmp(found->names[i], name, bytes) == 0)
            return;
    if (found->count == found->room)
        return;
    memcpy(found->names[found->count], name, bytes);
    found->names[found->count++][bytes] = '\0';
}

static int read_page(const struct reply *reply, struct found *found, char cursor[CURSOR_BYTES], struct err *err) {
    const char *next = NULL;
    TRY(reply_word(reply, "scan", 2, &next, err));
    if (strlen(next) >= CURSOR_BYTES || strspn(next, "0123456789") != strlen(next) ||
        reply->elements[1]->kind != REPLY_LIST)
        return call_wrong("scan", err);
    memcpy(cursor, next, strlen(next) + 1);
    const struct reply *keys = reply->elements[1];
    for (size_t i = 0; i < keys->count; i++)
        if (keys->elements[i]->kind == REPLY_TEXT)
            take_key(found, keys->elements[i]->text);
    return 0;
}

static int compare(const void *a, const void *b) { return strcmp(a, b); }

int queue_all(struct queue *queue, char (*names)[QUEUE_NAME_BYTES], size_t room, size_t *ret_count, struct err *err) {
    struct found found = {names, room, 0};
    char cursor[CURSOR_BYTES] = "0";
    uint64_t deadline = clock_deadline_ns(SCAN_MS);
    do {
        struct args args;
        auto_reply struct reply *reply = NULL;
        args_begin(&args, "SCAN");
        args_text(&args, cursor);
        args_text(&args, "MATCH");
        args_text(&args, "quern:{*}:[cn][ou][nm][fb]*");
        args_text(&args, "COUNT");
        args_number(&args, SCAN_COUNT);
        TRY(call_command(queue, &args, deadline, &reply, err));
        TRY(read_page(reply, &found, cursor, err));
    } while (strcmp(cursor, "0") != 0);
    if (found.count)
        qsort(names, found.count, sizeof *names, compare);
    *ret_count = found.count;
    return QUEUE_OK;
}
