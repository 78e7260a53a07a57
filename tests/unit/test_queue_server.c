// SPDX-License-Identifier: Apache-2.0
// Redis over TCP: who may come in, and how sure it is that what was accepted stays.
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "quern/clock.h"
#include "quern/queue_client.h"
#include "quern/queue_server.h"
#include "quern/queue_worker.h"
#include "redis/session.h"
#include "redis_peer.h"
#include "redis_server.h"

enum { LEASE_MS = 30000 };

static struct queue_submission job_of(const char *id) {
    struct queue_submission job;
    queue_submission_defaults(&job);
    job.id = id;
    job.document = "{}";
    job.document_bytes = 2;
    return job;
}

static int submit_at(const struct queue_options *options, const char *id, struct err *err) {
    struct queue *queue = NULL;
    struct queue_receipt receipt;
    struct queue_submission job = job_of(id);
    if (queue_open(options, &queue, err) < 0)
        return -1;
    int answer = queue_submit(queue, &job, &receipt, err);
    queue_close(queue);
    return answer;
}

/* ---- who may come in ---- */

static void f_who_does_not_know_the_password_is_denied(void **state) {
    (void)state;
    struct redis_server redis;
    struct err err = {0};
    redis_server_start(&redis, false);
    redis_server_guard(&redis);
    struct queue_options options = {.url = redis.url, .name = "q", .password = REDIS_SERVER_PASSWORD};
    assert_int_equal(submit_at(&options, "j1", &err), QUEUE_OK);
    options.password = "a guess";
    assert_int_equal(submit_at(&options, "j2", &err), -1);
    assert_string_equal(
        err.msg, "authentication: Redis refused: WRONGPASS invalid username-password pair or user is disabled; look "
                 "at the user in the URL and at the password file");
    assert_int_equal(err.reason, REASON_DENIED);
    options.password = NULL;
    assert_int_equal(submit_at(&options, "j2", &err), -1);
    assert_string_equal(err.msg, "queue URL: the user quern needs a password");
    redis_server_stop(&redis);
}

static void f_a_redis_with_a_password_wants_one(void **state) {
    (void)state;
    struct redis_server redis;
    struct err err = {0};
    redis_server_start(&redis, false);
    redis_server_listen(&redis);
    struct queue_options options = {.url = redis.url, .name = "q"};
    assert_int_equal(submit_at(&options, "j1", &err), QUEUE_OK);
    free(redis_text(&redis, "CONFIG SET requirepass secret"));
    assert_int_equal(submit_at(&options, "j2", &err), -1);
    assert_string_equal(err.msg, "queue: Redis refused: ERR Protocol error: unauthenticated multibulk length; "
                                 "this Redis wants a password");
    assert_int_equal(err.reason, REASON_DENIED);
    options.password = "secret";
    assert_int_equal(submit_at(&options, "j2", &err), QUEUE_OK);
    redis_server_stop(&redis);
}

/* Whoever steals the worker's password gets at jobs, and at nothing else. */
static void f_the_rights_of_a_worker_end_at_the_queue(void **state) {
    (void)state;
    static const char *const forbidden[][4] = {
        {"CONFIG", "GET", "dir"},
        {"FLUSHALL"},
        {"KEYS", "*"},
        {"SET", "other", "x"},
        {"SCRIPT", "FLUSH"},
        {"SWAPDB", "0", "1"},
        {"REPLICAOF", "NO", "ONE"},
        {"SHUTDOWN"},
        {"EVAL", "return 1", "0"},
        {"PUBLISH", "quern:{q}", "x"},
        {"ACL", "LIST"},
        {"MONITOR"},
        {"RESTORE", "k", "0", ""},
        {"FUNCTION", "DUMP"},
        {"SUBSCRIBE", "c"},
        {"GET", "quern"},
        {"CLIENT", "KILL", ""},
    };
    struct redis_server redis;
    struct session session;
    struct err err = {0};
    redis_server_start(&redis, false);
    redis_server_guard(&redis);
    struct session_options options = {
        .what = "queue", .url = redis.url, .password = REDIS_SERVER_PASSWORD, .limits = {4096, 64}};
    assert_int_equal(session_open(&options, &session, &err), 0);
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++) {
        struct args args;
        struct reply *reply = NULL;
        args_begin(&args, forbidden[i][0]);
        for (size_t word = 1; word < 4 && forbidden[i][word]; word++)
            args_text(&args, forbidden[i][word]);
        if (session_command(&session, &args, clock_deadline_ns(20000), &reply, &err) == 0)
            fail_msg("%s %s is allowed", forbidden[i][0], forbidden[i][1]);
        if (err.reason != REASON_DENIED)
            fail_msg("%s", err.msg);
    }
    session_close(&session);
    redis_server_stop(&redis);
}

static void b_a_worker_may_ask_whether_a_replica_has_it_and_what_the_server_is(void **state) {
    (void)state;
    struct redis_server redis;
    struct server server;
    struct queue *queue = NULL;
    struct err err = {0};
    redis_server_start(&redis, false);
    redis_server_guard(&redis);
    struct queue_options options = {.url = redis.url,
                                    .name = "q",
                                    .password = REDIS_SERVER_PASSWORD,
                                    .timeout_ms = 1000,
                                    .durability = QUEUE_REPLICATED};
    assert_int_equal(submit_at(&options, "j1", &err), -1);
    assert_string_equal(err.msg, "submit: accepted, not confirmed: no replica had it within 501 ms");
    assert_int_equal(queue_open(&options, &queue, &err), 0);
    assert_int_equal(queue_server(queue, &server, &err), QUEUE_OK);
    assert_string_equal(server.eviction, "noeviction");
    assert_int_equal(server_check(&server, "jobs", &err), 0);
    queue_close(queue);
    redis_server_stop(&redis);
}

/* A right that a script lacks is the same refusal as one that a command lacks. */
static void f_a_user_without_rights_is_denied_within_a_transition_too(void **state) {
    (void)state;
    struct redis_server redis;
    struct err err = {0};
    redis_server_start(&redis, false);
    redis_server_guard(&redis);
    free(redis_text(&redis, "ACL SETUSER quern -incr"));
    struct queue_options options = {.url = redis.url, .name = "q", .password = REDIS_SERVER_PASSWORD};
    assert_int_equal(submit_at(&options, "j1", &err), -1);
    assert_non_null(strstr(err.msg, "queue: Redis refused: ERR The user executing the script can't run this command"));
    assert_int_equal(err.reason, REASON_DENIED);
    redis_server_stop(&redis);
}

/* ---- how sure it is ---- */

static void m_a_durability_is_one_of_three_words(void **state) {
    (void)state;
    enum queue_durability durability = QUEUE_NORMAL;
    struct err err;
    assert_int_equal(queue_durability_parse("fsync", &durability, &err), 0);
    assert_int_equal(durability, QUEUE_FSYNC);
    assert_int_equal(queue_durability_parse("replicated", &durability, &err), 0);
    assert_int_equal(durability, QUEUE_REPLICATED);
    assert_int_equal(queue_durability_parse("normal", &durability, &err), 0);
    assert_int_equal(durability, QUEUE_NORMAL);
    assert_int_equal(queue_durability_parse("always", &durability, &err), -1);
    assert_string_equal(err.msg, "durability: expected normal, replicated or fsync, found \"always\"");
    assert_int_equal(err.reason, REASON_CONFIG);
}

static void await_replica(struct redis_server *primary) {
    uint64_t deadline_ns = clock_deadline_ns(20000);
    for (;;) {
        char *info = redis_text(primary, "INFO replication");
        bool online = strstr(info, "state=online") != NULL;
        free(info);
        if (online)
            return;
        assert_true(clock_now_ns() < deadline_ns);
        poll(NULL, 0, 5);
    }
}

static void m_a_server_that_could_never_confirm_is_refused(void **state) {
    (void)state;
    static const char fsync_needs[] = "durability is fsync, which needs Redis 7.2 or later with appendonly yes; set "
                                      "appendfsync always there and durability normal here";
    static const struct {
        const char *version;
        bool append_only;
        uint64_t replicas;
        enum queue_durability durability;
        const char *message; /* NULL: it could */
    } cases[] = {
        {"6.2.0", false, 0, QUEUE_NORMAL, NULL},
        {"7.0.15", true, 1, QUEUE_REPLICATED, NULL},
        {"7.0.15", true, 0, QUEUE_REPLICATED,
         "durability is replicated and Redis has no replica; start one, or set normal"},
        {"7.2.4", true, 0, QUEUE_FSYNC, NULL},
        {"8.0", true, 0, QUEUE_FSYNC, NULL},
        {"7.0.15", true, 1, QUEUE_FSYNC, fsync_needs},
        {"7.2.4", false, 1, QUEUE_FSYNC, fsync_needs},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct server server = {.append_only = cases[i].append_only, .replicas = cases[i].replicas};
        struct err err = {0};
        snprintf(server.version, sizeof server.version, "%s", cases[i].version);
        assert_int_equal(queue_durability_check(&server, cases[i].durability, &err), cases[i].message ? -1 : 0);
        assert_string_equal(err.msg, cases[i].message ? cases[i].message : "");
        assert_int_equal(err.reason, cases[i].message ? REASON_CONFIG : REASON_NONE);
    }
}

/* With a replica, without one, and with one that has stopped. */
static void c_replicated_is_confirmed_by_a_replica_or_not_at_all(void **state) {
    (void)state;
    struct redis_server primary, replica;
    struct err err = {0};
    redis_server_start(&primary, false);
    redis_server_listen(&primary);
    redis_server_start(&replica, false);
    struct queue_options options = {
        .url = primary.url, .name = "q", .timeout_ms = 1000, .durability = QUEUE_REPLICATED};
    assert_int_equal(submit_at(&options, "j1", &err), -1);
    assert_string_equal(err.msg, "submit: accepted, not confirmed: no replica had it within 501 ms");
    assert_int_equal(err.reason, REASON_INFRA);
    assert_int_equal(err_exit_code(&err), 75);
    free(redis_text(&primary, "CONFIG SET repl-diskless-sync-delay 0"));
    free(redis_text(&replica, "REPLICAOF 127.0.0.1 %u", primary.port));
    await_replica(&primary);
    options.timeout_ms = 20000;
    assert_int_equal(submit_at(&options, "j1", &err), QUEUE_OK); /* the same again: accepted before, confirmed now */
    char *found = redis_text(&replica, "HGET quern:{q}:job:j1 st");
    assert_string_equal(found, "queued");
    free(found);
    assert_int_equal(kill(replica.pid, SIGSTOP), 0);
    options.timeout_ms = 1000;
    assert_int_equal(submit_at(&options, "j2", &err), -1);
    assert_string_equal(err.msg, "submit: accepted, not confirmed: no replica had it within 501 ms");
    /* The same again writes nothing, on a connection that wrote nothing: yet it is not confirmed. */
    assert_int_equal(submit_at(&options, "j2", &err), -1);
    assert_string_equal(err.msg, "submit: accepted, not confirmed: no replica had it within 501 ms");
    redis_server_stop(&replica);
    redis_server_stop(&primary);
}

/* Other transitions do not wait: they cost nothing when they are lost. */
static void m_only_submissions_and_completions_wait(void **state) {
    (void)state;
    struct redis_server redis;
    struct err err = {0};
    struct queue *queue = NULL;
    struct queue_claim claim;
    char nonce[QUEUE_NONCE_BYTES];
    dice_hex(nonce);
    redis_server_start(&redis, false);
    struct queue_options options = {.url = redis.url, .name = "q"};
    assert_int_equal(submit_at(&options, "j1", &err), QUEUE_OK);
    options.timeout_ms = 2000;
    options.durability = QUEUE_REPLICATED;
    assert_int_equal(queue_open(&options, &queue, &err), 0);
    assert_int_equal(queue_claim(queue, "w", nonce, LEASE_MS, 0, &claim, &err), QUEUE_OK);
    assert_int_equal(queue_complete(queue, "j1", claim.token, "{}", 2, NULL, 0, &err), QUEUE_UNCONFIRMED);
    assert_string_equal(err.msg, "complete: accepted, not confirmed: no replica had it within 1001 ms");
    struct queue_record record;
    assert_int_equal(queue_get(queue, "j1", &record, &err), QUEUE_OK);
    assert_int_equal(record.state, JOB_SUCCEEDED);
    queue_record_free(&record);
    queue_claim_free(&claim);
    queue_close(queue);
    redis_server_stop(&redis);
}

/* Redis 7.0 does not know the command; what later ones answer comes from a peer. */
static void c_fsync_says_what_it_needs(void **state) {
    (void)state;
    struct redis_server redis;
    struct err err = {0};
    redis_server_start(&redis, true);
    char *info = redis_text(&redis, "INFO server");
    bool knows = strstr(info, "redis_version:6.") == NULL && strstr(info, "redis_version:7.0.") == NULL;
    free(info);
    struct queue_options options = {.url = redis.url, .name = "q", .durability = QUEUE_FSYNC};
    assert_int_equal(submit_at(&options, "j1", &err), knows ? QUEUE_OK : -1);
    if (!knows) {
        assert_string_equal(
            err.msg, "submit: accepted, not confirmed: durability fsync needs Redis 7.2 or later with appendonly yes; "
                     "set appendfsync always there and durability normal here");
        assert_int_equal(err.reason, REASON_CONFIG);
    }
    redis_server_stop(&redis);
}

static void c_fsync_counts_the_disk_of_redis(void **state) {
    (void)state;
#define SUBMITTED "*3\r\n$2\r\nOK\r\n$1\r\n1\r\n$6\r\nqueued\r\n"
    static const struct {
        const char *bytes, *message; /* NULL: it is confirmed */
    } cases[] = {
        {SUBMITTED ":1\r\n*2\r\n:1\r\n:0\r\n", NULL},
        {SUBMITTED ":1\r\n*2\r\n:0\r\n:1\r\n",
         "submit: accepted, not confirmed: it was not on the disk of Redis within 10001 ms"},
        {SUBMITTED ":1\r\n*0\r\n", "submit: expected a number, found another reply"},
        {SUBMITTED ":1\r\n+OK\r\n", "submit: expected a number, found another reply"},
        {SUBMITTED ":1\r\n-ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.\r\n",
         "submit: accepted, not confirmed: durability fsync needs Redis 7.2 or later with appendonly yes; "
         "set appendfsync always there and durability normal here"},
        {SUBMITTED ":1\r\n-NOPERM no\r\n",
         "submit: Redis refused: NOPERM no; its user needs the rights of deploy/redis/users.acl"},
        {SUBMITTED "-NOPERM no mark\r\n*2\r\n:1\r\n:0\r\n",
         "submit: Redis refused: NOPERM no mark; its user needs the rights of deploy/redis/users.acl"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct redis_peer peer;
        struct err err = {0};
        redis_peer_canned(&peer, cases[i].bytes, strlen(cases[i].bytes));
        struct queue_options options = {.url = peer.url, .name = "q", .timeout_ms = 20000, .durability = QUEUE_FSYNC};
        assert_int_equal(submit_at(&options, "j1", &err), cases[i].message ? -1 : QUEUE_OK);
        if (cases[i].message)
            assert_string_equal(err.msg, cases[i].message);
        redis_peer_stop(&peer);
    }
}

/* ---- a call that was given up ---- */

/* Listens on a free port of 127.0.0.1 and takes little at a time. */
static int listen_slowly(char url[64]) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof address;
    int little = 8192, fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof little), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &bytes), 0);
    snprintf(url, 64, "redis://127.0.0.1:%u", ntohs(address.sin_port));
    return fd;
}

/* What is given up is given up: the kernel must not deliver it later, when the same was asked again and done and the world
 * has gone on. */
static void r_a_call_that_was_given_up_does_not_come_late(void **state) {
    (void)state;
    enum { DOCUMENT_BYTES = 500000 };
    struct queue *queue = NULL;
    struct queue_receipt receipt;
    struct err err = {0};
    char url[64], *document = calloc(1, DOCUMENT_BYTES), taken[65536];
    int listener = listen_slowly(url);
    struct queue_options options = {.url = url, .name = "q", .timeout_ms = 300};
    struct queue_submission job = job_of("j1");
    job.document = document;
    job.document_bytes = DOCUMENT_BYTES;
    assert_int_equal(queue_open(&options, &queue, &err), 0);
    assert_int_equal(queue_submit(queue, &job, &receipt, &err), -1);
    assert_int_equal(err.reason, REASON_UNREACHABLE);
    int peer = accept(listener, NULL, NULL);
    size_t came = 0;
    ssize_t got;
    assert_true(peer >= 0);
    while ((got = recv(peer, taken, sizeof taken, 0)) > 0)
        came += (size_t)got;
    assert_int_equal(got, -1);
    assert_int_equal(errno, ECONNRESET);
    assert_true(came < DOCUMENT_BYTES);
    queue_close(queue);
    close(peer);
    close(listener);
    free(document);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(f_who_does_not_know_the_password_is_denied),
        cmocka_unit_test(f_a_redis_with_a_password_wants_one),
        cmocka_unit_test(f_the_rights_of_a_worker_end_at_the_queue),
        cmocka_unit_test(b_a_worker_may_ask_whether_a_replica_has_it_and_what_the_server_is),
        cmocka_unit_test(f_a_user_without_rights_is_denied_within_a_transition_too),
        cmocka_unit_test(m_a_durability_is_one_of_three_words),
        cmocka_unit_test(m_a_server_that_could_never_confirm_is_refused),
        cmocka_unit_test(c_replicated_is_confirmed_by_a_replica_or_not_at_all),
        cmocka_unit_test(m_only_submissions_and_completions_wait),
        cmocka_unit_test(c_fsync_says_what_it_needs),
        cmocka_unit_test(c_fsync_counts_the_disk_of_redis),
        cmocka_unit_test(r_a_call_that_was_given_up_does_not_come_late),
    };
    return cmocka_run_group_tests_name("queue_server", tests, NULL, NULL);
}
