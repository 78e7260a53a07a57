// SPDX-License-Identifier: Apache-2.0
#include "queue/call.h"

#include <stdio.h>
#include <string.h>

#include "quern/dice.h"
#include "quern/own.h"
#include "quern/queue_worker.h"
#include "quern/utf8.h"
#include "queue/durable.h"

// The largest legal reply is a claim: a job document of JOB_MAX_BYTES and a few short fields.
static const struct reply_limits limits = {.bytes = 8u << 20, .elements = 65536};

void call_begin(const struct queue *queue, enum script_id script, struct args *args) {
    script_begin(&queue_scripts[script], queue->prefix, args);
}

void call_begin_once(const struct queue *queue, enum script_id script, char nonce[QUEUE_NONCE_BYTES],
                     struct args *args) {
    dice_hex(nonce);
    call_begin(queue, script, args);
    args_text(args, nonce);
}

int call_command(struct queue *queue, const struct args *args, uint64_t deadline_ns, struct reply **ret,
                 struct err *err) {
    queue_news_drop(queue);
    return session_command(&queue->session, args, deadline_ns, ret, err);
}

struct transition {
    const struct script *script;
    const struct args *args;
    const char *prefix;
    enum queue_durability durability;
    bool accepted;    // whether or not it was confirmed
    struct err doubt; // why it was not, where asking again does not help
    struct reply **ret;
};

// Nobody waits for who does not confirm it: what was accepted is done.
static int confirm(struct session *session, struct transition *transition, struct err *err) {
    struct err why = {0};
    if (durable_confirm(session, transition->prefix, transition->durability, transition->script->name, &why) == 0)
        return 0;
    bool may_have_lost_it = why.reason == REASON_UNREACHABLE;
    if (!may_have_lost_it)
        transition->doubt = why;
    else if (err)
        *err = why;
    return may_have_lost_it ? -1 : 0;
}

static int attempt(struct session *session, void *context, uint64_t deadline_ns, struct err *err) {
    struct transition *transition = context;
    auto_reply struct reply *reply = NULL;
    const char *word = NULL;
    TRY(session_script(session, transition->script, transition->args, deadline_ns, &reply, err));
    TRY(reply_word(reply, transition->script->name, 1, &word, err));
    if (strcmp(word, "OK") == 0) {
        transition->accepted = true;
        TRY(confirm(session, transition, err));
    }
    if (!transition->doubt.reason)
        *transition->ret = steal_ptr(&reply);
    return 0;
}

// News that nobody awaited would be taken for the answer.
static int run(struct queue *queue, enum script_id script, const struct args *args, enum queue_durability durability,
               struct reply **ret, bool *ret_accepted, struct err *err) {
    struct transition transition = {
        .script = &queue_scripts[script], .args = args, .prefix = queue->prefix, .durability = durability, .ret = ret};
    queue_news_drop(queue);
    int result = session_patiently(&queue->session, attempt, &transition, err);
    *ret_accepted = transition.accepted;
    if (transition.doubt.reason && err)
        *err = transition.doubt;
    return transition.doubt.reason ? -1 : result;
}

int call_run(struct queue *queue, enum script_id script, const struct args *args, struct reply **ret, struct err *err) {
    bool accepted;
    return run(queue, script, args, QUEUE_NORMAL, ret, &accepted, err);
}

int call_run_durably(struct queue *queue, enum script_id script, const struct args *args, struct reply **ret,
                     bool *ret_accepted, struct err *err) {
    return run(queue, script, args, queue->durability, ret, ret_accepted, err);
}

/* ---- answers ---- */

int call_answer(const struct reply *reply, const char *what, struct err *err) {
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
        [QUEUE_NO_NAME] = "NO_NAME",
    };
    const char *word = NULL;
    TRY(reply_word(reply, what, 1, &word, err));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(word, words[i]) == 0)
            return (int)i;
    return err_set(err, REASON_INFRA, "%s: an answer that is not known", what);
}

int call_wrong(const char *what, struct err *err) {
    return err_set(err, REASON_INFRA, "%s: an answer that does not belong to it", what);
}

int call_state(const struct reply *reply, size_t index, const char *what, enum job_state *ret, struct err *err) {
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

size_t call_value(const struct reply *reply, const char *name) {
    for (size_t i = 1; i + 1 < reply->count; i += 2) {
        const struct reply *field = reply->elements[i];
        if (field->kind == REPLY_TEXT && strcmp(field->text, name) == 0)
            return i + 1;
    }
    return 0;
}

int call_simple(struct queue *queue, enum script_id script, const struct args *args, unsigned allowed,
                struct err *err) {
    auto_reply struct reply *reply = NULL;
    TRY(call_run(queue, script, args, &reply, err));
    int answer = call_answer(reply, queue_scripts[script].name, err);
    if (answer >= 0 && !(allowed & CALL_BIT(answer)))
        return call_wrong(queue_scripts[script].name, err);
    return answer;
}

/* ---- the ends of an attempt ---- */

int call_begin_end(const struct queue *queue, enum script_id script, const char *id, const char *token,
                   struct args *args, struct err *err) {
    TRY(call_check_id(id, err));
    TRY(call_check_token(token, err));
    call_begin(queue, script, args);
    args_text(args, id);
    args_text(args, token);
    return 0;
}

int call_read_end(const struct reply *reply, enum script_id script, enum job_state *ret_state, struct err *err) {
    int answer = call_answer(reply, queue_scripts[script].name, err);
    if (answer == QUEUE_OK)
        TRY(call_state(reply, 1, queue_scripts[script].name, ret_state, err));
    else if (answer >= 0 && answer != QUEUE_FENCED)
        return call_wrong(queue_scripts[script].name, err);
    return answer;
}

int call_finish_end(struct queue *queue, enum script_id script, const struct args *args, enum job_state *ret_state,
                    struct err *err) {
    auto_reply struct reply *reply = NULL;
    TRY(call_run(queue, script, args, &reply, err));
    return call_read_end(reply, script, ret_state, err);
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

int call_check_id(const char *id, struct err *err) {
    return check("job id", id, LETTERS_AND_DIGITS "_-", JOB_ID_BYTES, "A-Z a-z 0-9 _ -", err);
}

int call_check_token(const char *token, struct err *err) {
    return check("token", token, "0123456789abcdef-", QUEUE_TOKEN_BYTES, "0-9 a-f -", err);
}

int call_check_nonce(const char *nonce, struct err *err) {
    TRY(check("nonce", nonce, "0123456789abcdef", QUEUE_NONCE_BYTES, "0-9 a-f", err));
    if (strlen(nonce) != QUEUE_NONCE_BYTES - 1)
        return err_set(err, REASON_BAD_INPUT, "nonce: expected %d of 0-9 a-f, found %zu", QUEUE_NONCE_BYTES - 1,
                       strlen(nonce));
    return 0;
}

int call_check_name(const char *what, const char *name, size_t room, struct err *err) {
    return check(what, name, LETTERS_AND_DIGITS "_.:-", room, "A-Z a-z 0-9 _ . : -", err);
}

int call_check_entry(const char *entry, struct err *err) {
    return check("id of an entry", entry, "0123456789-", QUEUE_WAKE_BYTES, "0-9 -", err);
}

int call_check_text(const char *what, const char *text, size_t room, struct err *err) {
    size_t bytes = strnlen(text, room);
    if (bytes >= room)
        return err_set(err, REASON_BAD_INPUT, "%s: expected at most %zu bytes", what, room - 1);
    if (!utf8_printable(text, bytes))
        return err_set(err, REASON_BAD_INPUT, "%s: expected UTF-8 without control characters, found other bytes", what);
    return 0;
}

int call_check_range(const char *what, uint64_t value, uint64_t least, uint64_t most, struct err *err) {
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
    TRY(check_queue_name(options->name, err));
    __attribute__((cleanup(own_queue))) struct queue *queue = calloc(1, sizeof *queue);
    if (!queue)
        return err_set(err, REASON_INFRA, "no memory for a queue");
    struct session_options session = {
        .what = "queue",
        .url = options->url,
        .password = options->password,
        .password_file = options->password_file,
        .timeout_ms = options->timeout_ms,
        .patience_ms = options->patience_ms,
        .patience = options->patience,
        .limits = limits,
    };
    TRY(session_open(&session, &queue->session, err));
    TRY(session_open(&session, &queue->waiting, err));
    if (queue->session.address.prefix[0])
        return err_set(err, REASON_CONFIG, "queue URL: a queue has a name and no prefix; only stores have one");
    queue->durability = options->durability;
    if (options->key_file && !(queue->key_file = strdup(options->key_file)))
        return err_set(err, REASON_INFRA, "no memory for a queue");
    snprintf(queue->prefix, sizeof queue->prefix, "quern:{%s}", options->name);
    *ret = steal_ptr(&queue);
    return 0;
}

void queue_close(struct queue *queue) {
    if (!queue)
        return;
    session_close(&queue->session);
    session_close(&queue->waiting);
    free(queue->key_file);
    free(queue);
}
