// SPDX-License-Identifier: Apache-2.0
#include "queue/client.h"

#include <poll.h>
#include <string.h>

#include "quern/clock.h"
#include "quern/own.h"
#include "quern/utf8.h"

enum { BACKOFF_FIRST_MS = 50, BACKOFF_MAX_MS = 5000 };

void client_begin(const struct queue *queue, enum script_id script, struct args *args) {
    args->count = 0;
    args->number_count = 0;
    args_text(args, "EVALSHA");
    args_text(args, scripts[script].sha);
    args_text(args, "1");
    args_text(args, queue->prefix);
}

static void drop(struct queue *queue) {
    connection_close(queue->connection);
    queue->connection = NULL;
}

int client_command(struct queue *queue, const struct args *args, uint64_t deadline_ns, struct reply **ret,
                   struct err *err) {
    auto_reply struct reply *reply = NULL;
    if (!queue->connection)
        TRY(connection_open(&queue->address, queue->password, deadline_ns, &queue->connection, err));
    if (connection_call(queue->connection, args, deadline_ns, &reply, err) < 0) {
        drop(queue);
        return -1;
    }
    if (reply->kind == REPLY_ERROR && strncmp(reply->text, "NOSCRIPT", 8) != 0) {
        struct err refused = {0};
        connection_refused(reply, "queue", &refused);
        // A server that is loading or has become a replica may not be the one that a new connection finds.
        if (refused.reason == REASON_UNREACHABLE)
            drop(queue);
        if (err)
            *err = refused;
        return -1;
    }
    *ret = steal_ptr(&reply);
    return 0;
}

// Nothing of a script was executed when its name is not known: loading it and asking again is always safe.
static int load_script(struct queue *queue, enum script_id script, uint64_t deadline_ns, struct err *err) {
    auto_reply struct reply *reply = NULL;
    struct args args = {.count = 0};
    args_text(&args, "SCRIPT");
    args_text(&args, "LOAD");
    args_bytes(&args, (const char *)scripts[script].code, scripts[script].bytes);
    TRY(client_command(queue, &args, deadline_ns, &reply, err));
    if (reply->kind != REPLY_TEXT || strcmp(reply->text, scripts[script].sha) != 0)
        return err_set(err, REASON_INFRA, "queue: Redis took the script %s under another name", scripts[script].name);
    return 0;
}

static int attempt(struct queue *queue, enum script_id script, const struct args *args, struct reply **ret,
                   struct err *err) {
    uint64_t deadline_ns = clock_deadline_ns(queue->timeout_ms);
    for (int round = 0; round < 2; round++) {
        auto_reply struct reply *reply = NULL;
        TRY(client_command(queue, args, deadline_ns, &reply, err));
        if (reply->kind != REPLY_ERROR) {
            const char *word = NULL;
            TRY(reply_word(reply, scripts[script].name, 1, &word, err));
            *ret = steal_ptr(&reply);
            return 0;
        }
        TRY(load_script(queue, script, deadline_ns, err));
    }
    return err_set(err, REASON_UNREACHABLE, "queue: Redis forgot the script %s at once", scripts[script].name);
}

// A call on a connection that was open before is tried once more on a new one: Redis may have been restarted since.
int client_run(struct queue *queue, enum script_id script, const struct args *args, struct reply **ret,
               struct err *err) {
    uint64_t end_ns = clock_now_ns() + queue->patience_ms * 1000000ull;
    struct err last = {0};
    bool fresh = queue->connection == NULL;
    for (int pause_ms = BACKOFF_FIRST_MS;; fresh = true) {
        if (attempt(queue, script, args, ret, &last) == 0)
            return 0;
        if (last.reason != REASON_UNREACHABLE || (fresh && clock_now_ns() >= end_ns))
            break;
        if (!fresh)
            continue;
        poll(NULL, 0, pause_ms / 2 + (int)(clock_now_ns() / 1000 % (uint64_t)pause_ms));
        pause_ms = pause_ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : pause_ms * 2;
    }
    if (err)
        *err = last;
    return -1;
}

/* ---- answers ---- */

int client_answer(const struct reply *reply, const char *what, struct err *err) {
    static const char *const words[] = {
        [QUEUE_OK] = "OK",
        [QUEUE_DUPLICATE] = "DUPLICATE",
        [QUEUE_FULL] = "FULL",
        [QUEUE_NO_DEPENDENCY] = "NO_DEPENDENCY",
        [QUEUE_NOTHING] = "NONE",
        [QUEUE_FENCED] = "FENCED",
        [QUEUE_NO_JOB] = "NO_JOB",
        [QUEUE_STATE] = "STATE",
        [QUEUE_BUSY] = "BUSY",
        [QUEUE_DROPPED] = "DROPPED",
        [QUEUE_NO_WORKER] = "NO_WORKER",
        [QUEUE_DRAIN] = "DRAIN",
    };
    const char *word = NULL;
    TRY(reply_word(reply, what, 1, &word, err));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(word, words[i]) == 0)
            return (int)i;
    return err_set(err, REASON_INFRA, "%s: an answer that is not known", what);
}

int client_state(const struct reply *reply, size_t index, const char *what, enum job_state *ret, struct err *err) {
    char word[16];
    TRY(reply_copy(reply, index, what, word, sizeof word, err));
    for (enum job_state state = 0; state < JOB_STATE_COUNT; state++) {
        if (strcmp(word, job_state_name(state)) == 0) {
            *ret = state;
            return 0;
        }
    }
    return err_set(err, REASON_INFRA, "%s: expected the state of a job, found \"%s\"", what, word);
}

size_t client_value(const struct reply *reply, const char *name) {
    for (size_t i = 1; i + 1 < reply->count; i += 2) {
        const struct reply *field = reply->elements[i];
        if (field->kind == REPLY_TEXT && strcmp(field->text, name) == 0)
            return i + 1;
    }
    return 0;
}

int client_simple(struct queue *queue, enum script_id script, const struct args *args, unsigned allowed,
                  struct err *err) {
    auto_reply struct reply *reply = NULL;
    TRY(client_run(queue, script, args, &reply, err));
    int answer = client_answer(reply, scripts[script].name, err);
    if (answer >= 0 && !(allowed & CLIENT_BIT(answer)))
        return err_set(err, REASON_INFRA, "%s: an answer that does not belong to it", scripts[script].name);
    return answer;
}

/* ---- arguments ---- */

#define LETTERS_AND_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// The text itself is left out of the message: it may be anything of any length.
static int check(const char *what, const char *text, const char *allowed, size_t room, const char *expected,
                 struct err *err) {
    size_t bytes = text ? strnlen(text, room) : 0;
    if (bytes == 0 || bytes >= room || strspn(text, allowed) != bytes)
        return err_set(err, REASON_BAD_INPUT, "%s: expected 1 to %zu of %s", what, room - 1, expected);
    return 0;
}

int client_check_id(const char *id, struct err *err) {
    return check("job id", id, LETTERS_AND_DIGITS "_-", JOB_ID_BYTES, "A-Z a-z 0-9 _ -", err);
}

int client_check_token(const char *token, struct err *err) {
    return check("token", token, "0123456789abcdef-", QUEUE_TOKEN_BYTES, "0-9 a-f -", err);
}

int client_check_name(const char *what, const char *name, size_t room, struct err *err) {
    return check(what, name, LETTERS_AND_DIGITS "_.:-", room, "A-Z a-z 0-9 _ . : -", err);
}

int client_check_entry(const char *entry, struct err *err) {
    return check("id of an entry", entry, "0123456789-", QUEUE_WAKE_BYTES, "0-9 -", err);
}

int client_check_text(const char *what, const char *text, size_t room, struct err *err) {
    size_t bytes = strnlen(text, room);
    if (bytes >= room)
        return err_set(err, REASON_BAD_INPUT, "%s: expected at most %zu bytes", what, room - 1);
    if (!utf8_printable(text, bytes))
        return err_set(err, REASON_BAD_INPUT, "%s: expected UTF-8 without control characters, found other bytes", what);
    return 0;
}

int client_check_range(const char *what, uint64_t value, uint64_t least, uint64_t most, struct err *err) {
    if (value < least || value > most)
        return err_set(err, REASON_BAD_INPUT, "%s: expected %llu to %llu, found %llu", what, (unsigned long long)least,
                       (unsigned long long)most, (unsigned long long)value);
    return 0;
}

/* ---- opening ---- */

static int check_queue_name(const char *name, struct err *err) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_.-";
    TRY(check("queue name", name, allowed, QUEUE_NAME_BYTES, "a-z 0-9 _ . -", err));
    if (strchr("_.-", name[0]))
        return err_set(err, REASON_BAD_INPUT, "queue name: expected a letter or a digit in front");
    return 0;
}

static void own_queue(void *p) { queue_close(*(struct queue **)p); }

int queue_open(const struct queue_options *options, struct queue **ret, struct err *err) {
    struct address address;
    TRY(check_queue_name(options->name, err));
    TRY(address_parse(options->url, &address, err));
    if (address.user[0] && !options->password)
        return err_set(err, REASON_CONFIG, "queue URL: the user %s needs a password", address.user);
    __attribute__((cleanup(own_queue))) struct queue *queue = calloc(1, sizeof *queue);
    if (!queue || (options->password && !(queue->password = strdup(options->password))))
        return err_set(err, REASON_INFRA, "no memory for a queue");
    queue->address = address;
    queue->timeout_ms = options->timeout_ms ? options->timeout_ms : 5000;
    queue->patience_ms = options->patience_ms;
    snprintf(queue->name, sizeof queue->name, "%s", options->name);
    snprintf(queue->prefix, sizeof queue->prefix, "quern:{%s}", options->name);
    *ret = steal_ptr(&queue);
    return 0;
}

void queue_close(struct queue *queue) {
    if (!queue)
        return;
    drop(queue);
    free(queue->password);
    free(queue);
}
