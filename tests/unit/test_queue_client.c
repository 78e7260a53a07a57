// SPDX-License-Identifier: Apache-2.0
// The client: where it connects, what it refuses to send, what it refuses to believe.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "quern/own.h"
#include "quern/queue_client.h"
#include "quern/queue_keeper.h"
#include "quern/queue_names.h"
#include "quern/queue_operator.h"
#include "quern/queue_worker.h"
#include "redis_peer.h"

static struct queue *open_at(const char *url, uint32_t timeout_ms, uint32_t patience_ms) {
    struct queue_options options = {.url = url, .name = "q", .timeout_ms = timeout_ms, .patience_ms = patience_ms};
    struct queue *queue = NULL;
    struct err err;
    if (queue_open(&options, &queue, &err) < 0)
        fail_msg("%s", err.msg);
    return queue;
}

static void f_names_that_could_reach_other_keys_are_refused(void **state) {
    (void)state;
    static const char *const names[] = {
        "",        "a}b",  "{a",  "A",
        "a\r\nb",  "../a", "a?b", "[a]",
        "\x1b[2J", "\xff", "a*",  "%s",
        "a b",     "_a",   "-a",  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct queue_options options = {.url = "unix:/nowhere", .name = names[i]};
        struct queue *queue = NULL;
        struct err err;
        assert_int_equal(queue_open(&options, &queue, &err), -1);
        assert_int_equal(err.reason, REASON_BAD_INPUT);
        assert_non_null(strstr(err.msg, "queue name: expected "));
    }
}

static void f_a_prefix_is_for_stores(void **state) {
    (void)state;
    struct queue_options options = {.url = "redis://h?prefix=p", .name = "q"};
    struct queue *queue = NULL;
    struct err err;
    assert_int_equal(queue_open(&options, &queue, &err), -1);
    assert_string_equal(err.msg, "queue URL: a queue has a name and no prefix; only stores have one");
    assert_int_equal(err.reason, REASON_CONFIG);
}

static struct queue_submission sample(void) {
    struct queue_submission job;
    queue_submission_defaults(&job);
    job.id = "j1";
    job.document = "{}";
    job.document_bytes = 2;
    return job;
}

/* Nothing listens at /nowhere: what is refused is refused before anything is sent. */
static void assert_not_sent(const struct queue_submission *job, const char *message) {
    struct queue *queue = open_at("unix:/nowhere", 0, 0);
    struct queue_receipt receipt;
    struct err err;
    assert_int_equal(queue_submit(queue, job, &receipt, &err), -1);
    assert_string_equal(err.msg, message);
    assert_int_equal(err.reason, REASON_BAD_INPUT);
    queue_close(queue);
}

/* ---- names that are none ---- */

#define NONCE "0123456789abcdef0123456789abcdef"
#define TOKEN "1-" NONCE

enum { LENGTHY = 4096, HOSTILE_MAX = 16 };

/* What no id, token, worker or key of a queue may be. */
static size_t hostile_names(const char *names[HOSTILE_MAX]) {
    static char lengthy[LENGTHY + 1];
    static const char *const fixed[] = {"",  "a\r\nFLUSHALL", "{q}",     "a}:x", "../a", "a/../b",  "*",
                                        "?", "[a-z]",         "%n%s%99", "a b",  "a\"b", "\x1b[2J", "\xff\xfe"};
    memset(lengthy, 'a', LENGTHY);
    memcpy(names, fixed, sizeof fixed);
    names[sizeof fixed / sizeof *fixed] = lengthy;
    return sizeof fixed / sizeof *fixed + 1;
}

struct place {
    const char *what; /* how the message begins */
    int (*call)(struct queue *queue, const char *name, struct err *err);
};

/* One function per place where a text comes in from outside. */
#define PLACE(NAME, ...)                                                                                               \
    static int NAME(struct queue *queue, const char *name, struct err *err) {                                          \
        enum job_state state = JOB_STATE_COUNT;                                                                        \
        (void)state;                                                                                                   \
        __VA_ARGS__                                                                                                    \
    }

static const struct err some_reason = {.reason = REASON_EXIT};

PLACE(submit_id, struct queue_submission job = sample(); struct queue_receipt receipt; job.id = name;
      return queue_submit(queue, &job, &receipt, err);)
PLACE(submit_after, struct queue_submission job = sample(); struct queue_receipt receipt;
      struct queue_dependency after = {.id = name}; job.after = &after; job.after_count = 1;
      return queue_submit(queue, &job, &receipt, err);)
PLACE(submit_unique, struct queue_submission job = sample(); struct queue_receipt receipt; job.unique = name;
      return queue_submit(queue, &job, &receipt, err);)
PLACE(cancel_id, return queue_cancel(queue, name, &state, err);)
PLACE(retry_id, struct queue_receipt receipt; return queue_retry(queue, name, &receipt, err);)
PLACE(remove_id, return queue_remove(queue, name, err);)
PLACE(prioritise_id, return queue_prioritise(queue, name, 1, err);)
PLACE(get_id, struct queue_record record; return queue_get(queue, name, &record, err);)
PLACE(read_log_id, struct queue_pieces pieces; return queue_read_log(queue, name, "0-0", &pieces, err);)
PLACE(wait_log_id, static const struct queue_pieces pieces = {.after = "0-0", .event = "0-0"}; bool woken;
      return queue_wait_log(queue, name, &pieces, 1, &woken, err);)
PLACE(renew_id, struct queue_renewal renewal = {.id = name, .token = TOKEN};
      return queue_renew(queue, 30000, &renewal, 1, err);)
PLACE(complete_id, return queue_complete(queue, name, TOKEN, "", 0, NULL, 0, err);)
PLACE(fail_id, return queue_fail(queue, name, TOKEN, &some_reason, NULL, 0, NULL, 0, &state, err);)
PLACE(lost_id, return queue_lost(queue, name, TOKEN, &state, err);)
PLACE(release_id, return queue_release(queue, name, TOKEN, &state, err);)
PLACE(progress_id, return queue_progress(queue, name, TOKEN, "", err);)
PLACE(log_id, return queue_log(queue, name, TOKEN, &(struct queue_output){false, "x", 1}, 1, err);)

PLACE(renew_token, struct queue_renewal renewal = {.id = "j", .token = name};
      return queue_renew(queue, 30000, &renewal, 1, err);)
PLACE(complete_token, return queue_complete(queue, "j", name, "", 0, NULL, 0, err);)
PLACE(fail_token, return queue_fail(queue, "j", name, &some_reason, NULL, 0, NULL, 0, &state, err);)
PLACE(lost_token, return queue_lost(queue, "j", name, &state, err);)
PLACE(release_token, return queue_release(queue, "j", name, &state, err);)
PLACE(progress_token, return queue_progress(queue, "j", name, "", err);)
PLACE(log_token, return queue_log(queue, "j", name, &(struct queue_output){false, "x", 1}, 1, err);)

PLACE(claim_worker, struct queue_claim claim; return queue_claim(queue, name, NONCE, 30000, 0, &claim, err);)
PLACE(beat_worker, return queue_beat(queue, name, "", 1000, err);)
PLACE(drain_worker, return queue_drain(queue, name, true, err);)
PLACE(claim_nonce, struct queue_claim claim; return queue_claim(queue, "w", name, 30000, 0, &claim, err);)
PLACE(lost_nonce, return queue_lost_claim(queue, name, &state, err);)
PLACE(promote_version, struct queue_name one = {.key = "a", .version = name};
      return queue_promote(queue, &one, 1, err);)
PLACE(read_log_after, struct queue_pieces pieces; return queue_read_log(queue, "j", name, &pieces, err);)

static const struct place places[] = {
    {"job id: ", submit_id},
    {"job id: ", submit_after},
    {"unique key: ", submit_unique},
    {"job id: ", cancel_id},
    {"job id: ", retry_id},
    {"job id: ", remove_id},
    {"job id: ", prioritise_id},
    {"job id: ", get_id},
    {"job id: ", read_log_id},
    {"job id: ", wait_log_id},
    {"job id: ", renew_id},
    {"job id: ", complete_id},
    {"job id: ", fail_id},
    {"job id: ", lost_id},
    {"job id: ", release_id},
    {"job id: ", progress_id},
    {"job id: ", log_id},
    {"token: ", renew_token},
    {"token: ", complete_token},
    {"token: ", fail_token},
    {"token: ", lost_token},
    {"token: ", release_token},
    {"token: ", progress_token},
    {"token: ", log_token},
    {"worker: ", claim_worker},
    {"worker: ", beat_worker},
    {"worker: ", drain_worker},
    {"nonce: ", claim_nonce},
    {"nonce: ", lost_nonce},
    {"version: ", promote_version},
    {"id of an entry: ", read_log_after},
};

/* Nothing listens at /nowhere: what were sent would be UNREACHABLE. */
static void f_hostile_names_are_refused_wherever_they_come_in(void **state) {
    (void)state;
    const char *names[HOSTILE_MAX];
    size_t count = hostile_names(names);
    struct queue *queue = open_at("unix:/nowhere", 0, 0);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        for (size_t name = 0; name < count; name++) {
            struct err err = {0};
            assert_int_equal(places[i].call(queue, names[name], &err), -1);
            assert_int_equal(err.reason, REASON_BAD_INPUT);
            // By name, and without a byte of what was refused.
            assert_memory_equal(err.msg, places[i].what, strlen(places[i].what));
            assert_non_null(strstr(err.msg, ": expected 1 to "));
            assert_null(strpbrk(err.msg, "\r\n\x1b\xff%*"));
        }
    }
    queue_close(queue);
}

PLACE(get_key, char version[STORAGE_VERSION_BYTES]; uint64_t bytes;
      return queue_name_get(queue, name, version, &bytes, err);)
PLACE(promote_key, struct queue_name one = {.key = name, .version = "v"}; return queue_promote(queue, &one, 1, err);)
PLACE(complete_key, struct queue_name one = {.key = name, .version = "v"};
      return queue_complete(queue, "j", TOKEN, "", 0, &one, 1, err);)
PLACE(remove_key, size_t missing; return queue_remove_names(queue, &name, 1, &missing, err);)
PLACE(list_after, struct queue_named row; size_t count; return queue_names(queue, "", name, &row, 1, &count, err);)

/* Keys of datasets are words of people, with fewer rules: those of storage_key_check(). */
static void f_keys_that_are_none_are_refused_wherever_they_come_in(void **state) {
    (void)state;
    static const struct place key_places[] = {
        {"key", get_key}, {"key", promote_key}, {"key", complete_key}, {"key", remove_key}, {"key", list_after}};
    static char lengthy[LENGTHY + 1];
    memset(lengthy, 'a', LENGTHY);
    const char *const keys[] = {"a\r\nFLUSHALL", "../a", "a/../b",  "/a",    "a//b", "a/",    ".",
                                "a:b",           "job:", "\x1b[2J", "a\x7f", "\xff", lengthy, "a\xc2\x85"};
    static const char *const patterns[] = {"a{b", "a}", "a*", "?", "[a", "a]", "%s", "a\\b"};
    struct queue *queue = open_at("unix:/nowhere", 0, 0);
    for (size_t i = 0; i < sizeof key_places / sizeof *key_places; i++) {
        for (size_t key = 0; key < sizeof keys / sizeof *keys; key++) {
            struct err err = {0};
            assert_int_equal(key_places[i].call(queue, keys[key], &err), -1);
            assert_int_equal(err.reason, REASON_BAD_INPUT);
            assert_memory_equal(err.msg, "key", 3);
            assert_null(strpbrk(err.msg, "\r\n\x1b\xff"));
        }
        // What a queue has from before these were refused is removed, and listed in pages: the last two places.
        for (size_t key = 0; i < 3 && key < sizeof patterns / sizeof *patterns; key++) {
            struct err err = {0};
            char message[128];
            snprintf(message, sizeof message, "key \"%s\": expected none of { } [ ] * ? %% \\, found '%c'",
                     patterns[key], *strpbrk(patterns[key], "{}[]*?%\\"));
            assert_int_equal(key_places[i].call(queue, patterns[key], &err), -1);
            assert_string_equal(err.msg, message);
        }
    }
    struct queue_named row;
    struct err err = {0};
    size_t count;
    assert_int_equal(queue_names(queue, "a\r\n", "", &row, 1, &count, &err), -1);
    assert_string_equal(err.msg, "prefix: expected UTF-8 without control characters, found other bytes");
    assert_int_equal(queue_names(queue, "a", "b", &row, 1, &count, &err), -1);
    assert_string_equal(err.msg, "key \"b\": expected one that begins with \"a\"");
    queue_close(queue);
}

static void f_numbers_out_of_range_are_not_sent(void **state) {
    (void)state;
    struct queue_submission job = sample();
    job.priority = 10;
    assert_not_sent(&job, "priority: expected 0 to 9, found 10");
    job = sample();
    job.document_bytes = JOB_MAX_BYTES + 1;
    assert_not_sent(&job, "document bytes: expected 1 to 4194304, found 4194305");
    job = sample();
    job.backoff_max_ms = job.backoff_ms - 1;
    assert_not_sent(&job, "longest backoff in ms: expected 10000 to 31622400000, found 9999");
    job = sample();
    job.after_count = 65;
    assert_not_sent(&job, "dependencies: expected 0 to 64, found 65");
}

static void m_rules_are_words_that_an_attempt_can_end_with(void **state) {
    (void)state;
    static const char *const wrong[][2] = {
        {"exit:256", "exit:256"}, {"exit:", "exit:"}, {"poison", "poison"},       {"limit:colour", "limit:colour"},
        {"SIGKILL", "SIGKILL"},   {"lost,,exit", ""}, {"signal:11", "signal:11"}, {"ex\nit", "ex?it"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct queue_submission job = sample();
        char message[256];
        job.retry_on = wrong[i][0];
        snprintf(message, sizeof message,
                 "retry-on: expected reasons such as exit:75, signal:SIGSEGV, limit:memory, exception or lost, "
                 "found \"%s\"",
                 wrong[i][1]);
        assert_not_sent(&job, message);
    }
    struct queue *queue = open_at("unix:/nowhere", 0, 0);
    struct queue_submission job = sample();
    struct queue_receipt receipt;
    struct err err;
    job.retry_on = "exit:75,exit,signal:SIGSEGV,limit,limit:memory,lost,exception";
    assert_int_equal(queue_submit(queue, &job, &receipt, &err), -1);
    assert_string_equal(err.msg, "Redis at /nowhere: No such file or directory");
    assert_int_equal(err.reason, REASON_UNREACHABLE);
    queue_close(queue);
}

/* ---- hostile peers ---- */

struct answer {
    const char *bytes;
    enum reason reason;
    const char *message; /* %s: the socket */
};

static const struct answer answers[] = {
    {"*2147483647\r\n", REASON_INFRA, "Redis at %s: a reply that cannot be read: more than 65536 elements"},
    {"*65536\r\n", REASON_INFRA, "Redis at %s: a reply that cannot be read: more than 65536 elements"},
    {"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*0\r\n", REASON_INFRA,
     "Redis at %s: a reply that cannot be read: more than 6 levels"},
    {"!x\r\n", REASON_INFRA, "Redis at %s: a reply that cannot be read: Protocol error, got \"!\" as reply type byte"},
    {"*1\r\n$100\r\nabc", REASON_UNREACHABLE, "Redis at %s: no answer in time"},
    {"", REASON_UNREACHABLE, "Redis at %s: no answer in time"},
    {"+OK\r\n", REASON_INFRA, "claim: expected a list that begins with a word, found another reply"},
    {":1\r\n", REASON_INFRA, "claim: expected a list that begins with a word, found another reply"},
    {"$-1\r\n", REASON_INFRA, "claim: expected a list that begins with a word, found another reply"},
    {"*0\r\n", REASON_INFRA, "claim: expected a list that begins with a word, found another reply"},
    {"*1\r\n$-1\r\n", REASON_INFRA, "claim: expected a list that begins with a word, found another reply"},
    {"*1\r\n$5\r\nHELLO\r\n", REASON_INFRA, "claim: an answer that is not known"},
    {"*1\r\n$6\r\nNO_JOB\r\n", REASON_INFRA, "claim: an answer that does not belong to it"},
    {"*1\r\n$2\r\nOK\r\n", REASON_INFRA, "claim: expected a text, found another reply"},
    {"*2\r\n$2\r\nOK\r\n$4\r\na\r\nb\r\n", REASON_INFRA,
     "claim: expected a text without control characters, found others"},
    {"*3\r\n$2\r\nOK\r\n$2\r\na}\r\n$1\r\nx\r\n", REASON_BAD_INPUT, "job id: expected 1 to 64 of A-Z a-z 0-9 _ -"},
    {"*7\r\n$2\r\nOK\r\n$1\r\na\r\n$3\r\n1-f\r\n$2\r\n1x\r\n$1\r\n1\r\n$1\r\n0\r\n$2\r\n{}\r\n", REASON_INFRA,
     "claim: expected a number, found another reply"},
    {"-OOM command not allowed\r\n", REASON_UNWRITABLE,
     "queue: Redis refused: OOM command not allowed; Redis is full: raise maxmemory or purge ended jobs"},
    {"-MISCONF Errors writing to the AOF\r\n", REASON_UNWRITABLE,
     "queue: Redis refused: MISCONF Errors writing to the AOF; Redis cannot write its files: look at its disk"},
    {"-NOAUTH who\033[31m\r\n", REASON_DENIED, "queue: Redis refused: NOAUTH who?[31m; this Redis wants a password"},
    {"-ERR max number of clients reached\r\n", REASON_UNREACHABLE,
     "queue: Redis refused: ERR max number of clients reached; raise maxclients, or see who holds so many connections"},
    {"-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the "
     "default "
     "user. In this mode connections are only accepted from the loopback interface.\r\n",
     REASON_DENIED,
     "queue: Redis refused: DENIED Redis is running in protected mode because protected mode is enabled and no "
     "password is set for the default user; give it a password, or bind it to addresses of "
     "your own"},
    {"-LOADING soon\r\n", REASON_UNREACHABLE, "queue: Redis refused: LOADING soon"},
    {"-MOVED 1 h:1\r\n", REASON_CONFIG, "queue: Redis refused: MOVED 1 h:1"},
    {"-OOM command not allowed when used memory > 'maxmemory'. script: 3f1c, on @user_script:61.\r\n",
     REASON_UNWRITABLE,
     "queue: Redis refused: OOM command not allowed when used memory > 'maxmemory'; Redis is full: raise maxmemory or "
     "purge ended jobs"},
    {"-ERR Error running script (call to f_3f1c): @user_script:61: @user_script: 61: -OOM command not allowed\r\n",
     REASON_UNWRITABLE,
     "queue: Redis refused: OOM command not allowed; Redis is full: raise maxmemory or purge ended jobs"},
    {"-ERR Error running script (call to f_3f1c): @user_script:61: oh\r\n", REASON_INFRA,
     "queue: Redis refused: ERR Error running script (call to f_3f1c): @user_script:61: oh"},
    {"-READONLY You can't write against a read only replica.\r\n", REASON_UNWRITABLE,
     "queue: Redis refused: READONLY You can't write against a read only replica; this Redis is a replica: name the "
     "primary"},
    {"-NOREPLICAS Not enough good replicas to write.\r\n", REASON_UNWRITABLE,
     "queue: Redis refused: NOREPLICAS Not enough good replicas to write; its replicas are away: bring them back, or "
     "lower min-replicas-to-write"},
    {"-ERR unknown command 'EVALSHA'\r\n", REASON_CONFIG,
     "queue: Redis refused: ERR unknown command 'EVALSHA'; quern needs Redis 6.2 or later, with the commands of "
     "deploy/redis/users.acl under their own names"},
};

static void f_a_peer_that_lies_is_an_error_and_never_more(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct redis_peer peer;
        struct queue_claim claim;
        struct err err = {0};
        char expected[ERR_MSG_BYTES];
        redis_peer_canned(&peer, answers[i].bytes, strlen(answers[i].bytes));
        struct queue *queue = open_at(peer.url, strstr(answers[i].message, "in time") ? 30 : 20000, 0);
        assert_int_equal(queue_claim(queue, "w", NONCE, 30000, 0, &claim, &err), -1);
        // The format comes from the table above.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(expected, sizeof expected, answers[i].message, peer.socket);
#pragma GCC diagnostic pop
        assert_string_equal(err.msg, expected);
        assert_int_equal(err.reason, answers[i].reason);
        queue_close(queue);
        redis_peer_stop(&peer);
    }
}

static void f_an_endless_reply_stops_at_its_ceiling(void **state) {
    (void)state;
    struct redis_peer peer;
    struct queue_claim claim;
    struct err err = {0};
    char expected[ERR_MSG_BYTES];
    size_t bytes = 12u << 20;
    auto_free char *flood = malloc(bytes);
    static const char head[] = "$999999999\r\n";
    memset(flood, 'x', bytes);
    memcpy(flood, head, sizeof head - 1);
    redis_peer_canned(&peer, flood, bytes);
    struct queue *queue = open_at(peer.url, 60000, 0);
    assert_int_equal(queue_claim(queue, "w", NONCE, 30000, 0, &claim, &err), -1);
    snprintf(expected, sizeof expected, "Redis at %s: a reply of more than 8388608 bytes", peer.socket);
    assert_string_equal(err.msg, expected);
    queue_close(queue);
    redis_peer_stop(&peer);
}

static void f_a_script_under_a_false_name_is_not_used(void **state) {
    (void)state;
    static const char lie[] = "-NOSCRIPT No matching script.\r\n$40\r\n0000000000000000000000000000000000000000\r\n";
    struct redis_peer peer;
    struct queue_claim claim;
    struct err err = {0};
    redis_peer_canned(&peer, lie, sizeof lie - 1);
    struct queue *queue = open_at(peer.url, 20000, 0);
    assert_int_equal(queue_claim(queue, "w", NONCE, 30000, 0, &claim, &err), -1);
    assert_string_equal(err.msg, "queue: Redis took the script claim under another name");
    queue_close(queue);
    redis_peer_stop(&peer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(f_names_that_could_reach_other_keys_are_refused),
        cmocka_unit_test(f_a_prefix_is_for_stores),
        cmocka_unit_test(f_hostile_names_are_refused_wherever_they_come_in),
        cmocka_unit_test(f_keys_that_are_none_are_refused_wherever_they_come_in),
        cmocka_unit_test(f_numbers_out_of_range_are_not_sent),
        cmocka_unit_test(m_rules_are_words_that_an_attempt_can_end_with),
        cmocka_unit_test(f_a_peer_that_lies_is_an_error_and_never_more),
        cmocka_unit_test(f_an_endless_reply_stops_at_its_ceiling),
        cmocka_unit_test(f_a_script_under_a_false_name_is_not_used),
    };
    return cmocka_run_group_tests_name("queue_client", tests, NULL, NULL);
}
