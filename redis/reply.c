// SPDX-License-Identifier: Apache-2.0
#include "redis/reply.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "quern/own.h"

void reply_free(struct reply *reply) {
    if (!reply)
        return;
    for (size_t i = 0; i < reply->count && reply->elements; i++)
        reply_free(reply->elements[i]);
    free(reply->elements);
    free(reply->text);
    free(reply);
}

void reply_budget_reset(struct reply_budget *budget) { *budget = (struct reply_budget){.limits = budget->limits}; }

/* ---- building: called by hiredis, NULL ends the reading ---- */

static void *refuse(struct reply_budget *budget, const char *why) {
    snprintf(budget->refusal, sizeof budget->refusal, "%s", why);
    return NULL;
}

static void *beyond(struct reply_budget *budget, size_t most, const char *of) {
    snprintf(budget->refusal, sizeof budget->refusal, "more than %zu %s", most, of);
    return NULL;
}

static int depth_of(const redisReadTask *task) {
    int depth = 0;
    while ((task = task->parent))
        depth++;
    return depth;
}

static struct reply *node(const redisReadTask *task, enum reply_kind kind, size_t bytes) {
    struct reply_budget *budget = task->privdata;
    if (++budget->elements > budget->limits.elements)
        return beyond(budget, budget->limits.elements, "elements");
    if (bytes > budget->limits.bytes - budget->bytes)
        return beyond(budget, budget->limits.bytes, "bytes");
    if (depth_of(task) >= REPLY_MAX_DEPTH)
        return beyond(budget, REPLY_MAX_DEPTH, "levels");
    budget->bytes += bytes;
    struct reply *made = calloc(1, sizeof *made);
    if (!made)
        return refuse(budget, "no memory");
    made->kind = kind;
    return made;
}

static void *hang_up(const redisReadTask *task, struct reply *made) {
    if (made && task->parent) {
        struct reply *list = task->parent->obj;
        list->elements[task->idx] = made;
    }
    return made;
}

static enum reply_kind text_kind(int type) {
    if (type == REDIS_REPLY_ERROR)
        return REPLY_ERROR;
    return type == REDIS_REPLY_STATUS ? REPLY_STATUS : REPLY_TEXT;
}

static void *make_text(const redisReadTask *task, char *bytes, size_t count) {
    auto_reply struct reply *made = node(task, text_kind(task->type), count);
    if (!made)
        return NULL;
    made->text = malloc(count + 1);
    if (!made->text)
        return refuse(task->privdata, "no memory");
    memcpy(made->text, bytes, count);
    made->text[count] = '\0';
    made->bytes = count;
    return hang_up(task, steal_ptr(&made));
}

static void *make_list(const redisReadTask *task, int count) {
    auto_reply struct reply *made = node(task, REPLY_LIST, 0);
    if (!made)
        return NULL;
    // A count is believed only as far as all its elements could still be paid for.
    struct reply_budget *budget = task->privdata;
    if (count < 0 || (size_t)count > budget->limits.elements - budget->elements)
        return beyond(budget, budget->limits.elements, "elements");
    if (count > 0 && !(made->elements = calloc((size_t)count, sizeof(struct reply *))))
        return refuse(budget, "no memory");
    made->count = (size_t)count;
    return hang_up(task, steal_ptr(&made));
}

static void *make_integer(const redisReadTask *task, long long value) {
    struct reply *made = node(task, REPLY_INTEGER, 0);
    if (made)
        made->integer = value;
    return hang_up(task, made);
}

static void *make_nil(const redisReadTask *task) { return hang_up(task, node(task, REPLY_NIL, 0)); }

static void free_object(void *object) { reply_free(object); }

static redisReplyObjectFunctions builders = {make_text, make_list, make_integer, make_nil, free_object};

redisReader *reply_reader_new(struct reply_budget *budget) {
    redisReader *reader = redisReaderCreateWithFunctions(&builders);
    if (reader)
        reader->privdata = budget;
    return reader;
}

/* ---- reading ---- */

static const struct reply *element(const struct reply *reply, size_t index) {
    return reply->kind == REPLY_LIST && index < reply->count ? reply->elements[index] : NULL;
}

int reply_word(const struct reply *reply, const char *what, size_t least, const char **ret, struct err *err) {
    const struct reply *first = element(reply, 0);
    if (!first || first->kind != REPLY_TEXT)
        return err_set(err, REASON_INFRA, "%s: expected a list that begins with a word, found another reply", what);
    if (reply->count < least)
        return err_set(err, REASON_INFRA, "%s: expected %zu elements, found %zu", what, least, reply->count);
    *ret = first->text;
    return 0;
}

int reply_text(const struct reply *reply, size_t index, const char *what, const char **ret, size_t *ret_bytes,
               struct err *err) {
    const struct reply *found = element(reply, index);
    if (!found || found->kind != REPLY_TEXT)
        return err_set(err, REASON_INFRA, "%s: expected a text, found another reply", what);
    *ret = found->text;
    *ret_bytes = found->bytes;
    return 0;
}

static bool printable(const char *text, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return false;
    return true;
}

int reply_copy(const struct reply *reply, size_t index, const char *what, char *ret, size_t room, struct err *err) {
    const char *text = NULL;
    size_t bytes = 0;
    TRY(reply_text(reply, index, what, &text, &bytes, err));
    if (bytes >= room)
        return err_set(err, REASON_INFRA, "%s: expected at most %zu bytes, found %zu", what, room - 1, bytes);
    if (!printable(text, bytes))
        return err_set(err, REASON_INFRA, "%s: expected a text without control characters, found others", what);
    memcpy(ret, text, bytes + 1);
    return 0;
}

int reply_number(const struct reply *reply, size_t index, const char *what, uint64_t *ret, struct err *err) {
    const struct reply *found = element(reply, index);
    if (found && found->kind == REPLY_INTEGER && found->integer >= 0) {
        *ret = (uint64_t)found->integer;
        return 0;
    }
    char *end = NULL;
    if (found && found->kind == REPLY_TEXT && found->text[0] >= '0' && found->text[0] <= '9') {
        errno = 0;
        uint64_t value = strtoull(found->text, &end, 10);
        if (errno == 0 && end == found->text + found->bytes) {
            *ret = value;
            return 0;
        }
    }
    return err_set(err, REASON_INFRA, "%s: expected a number, found another reply", what);
}
