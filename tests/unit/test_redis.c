// SPDX-License-Identifier: Apache-2.0
// The way to a Redis: addresses, several commands at once, texts straight into their place, liars.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "quern/clock.h"
#include "quern/own.h"
#include "redis/session.h"
#include "redis_peer.h"
#include "redis_server.h"

static const struct reply_limits limits = {.bytes = 4096, .elements = 64};

static void b_an_address_is_a_socket_or_a_host(void **state) {
    (void)state;
    static const struct {
        const char *url, *path, *host, *user;
        unsigned port, database;
    } cases[] = {
        {"unix:/run/r.sock", "/run/r.sock", "", "", 0, 0},
        {"unix:///run/r.sock?db=3", "/run/r.sock", "", "", 0, 3},
        {"redis://h", "", "h", "", 6379, 0},
        {"redis://u@h.example:7000/2", "", "h.example", "u", 7000, 2},
        {"redis://[::1]:7000/", "", "::1", "", 7000, 0},
        {"redis+unix:/run/r.sock?db=3", "/run/r.sock", "", "", 0, 3},
        {"redis://h?db=5", "", "h", "", 6379, 5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct address address;
        assert_int_equal(address_parse("queue URL", cases[i].url, &address, NULL), 0);
        assert_string_equal(address.path, cases[i].path);
        assert_string_equal(address.host, cases[i].host);
        assert_string_equal(address.user, cases[i].user);
        assert_int_equal(address.port, cases[i].port);
        assert_int_equal(address.database, cases[i].database);
    }
}

static void f_an_address_that_is_wrong_says_how(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"http://h", "queue URL http://h: expected redis://HOST[:PORT][/DB] or redis+unix:/PATH"},
        {"redis://h:0", "queue URL redis://h:0: expected a port of 1 to 65535 behind the host"},
        {"redis://h:1x", "queue URL redis://h:1x: expected a port of 1 to 65535 behind the host"},
        {"redis://[::1", "queue URL redis://[::1: expected ] behind an IPv6 address"},
        {"redis://", "queue URL redis://: expected a host of 1 to 255 bytes"},
        {"redis://h/1024", "queue URL redis://h/1024: expected a database of 0 to 1023 behind the host"},
        {"unix:r.sock", "queue URL unix:r.sock: expected the absolute path of a socket, 1 to 107 bytes"},
        {"unix:/r?x", "queue URL unix:/r?x: expected ?db=NUMBER or ?prefix=NAME behind the address"},
        {"rediss://h",
         "queue URL rediss://h: built without TLS; use a unix socket or a local TLS proxy such as stunnel"},
        {"redis://u:secret@h",
         "queue URL: a password does not belong into a URL, where others see it; name a file that has it"},
        {"redis://h\r\nFLUSHALL", "queue URL: expected no control characters"},
        {"redis://h?prefix={q}",
         "queue URL redis://h?prefix={q}: expected a prefix of 1 to 63 of a-z 0-9 _ . -, the first a-z 0-9"},
        {"redis://h?db=x", "queue URL redis://h?db=x: expected a database of 0 to 1023 behind ?db="},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct address address;
        struct err err;
        assert_int_equal(address_parse("queue URL", cases[i][0], &address, &err), -1);
        assert_string_equal(err.msg, cases[i][1]);
        assert_int_equal(err.reason, REASON_CONFIG);
    }
}

static void b_a_prefix_is_for_who_asks_for_it(void **state) {
    (void)state;
    struct address address;
    assert_int_equal(address_parse("store URL", "redis+unix:/r?db=2&prefix=blobs.1", &address, NULL), 0);
    assert_string_equal(address.prefix, "blobs.1");
    assert_int_equal(address.database, 2);
    assert_string_equal(address.path, "/r");
}

/* ---- several commands ---- */

static struct connection *dial(const char *url) {
    struct address address;
    struct connection *connection = NULL;
    struct err err;
    assert_int_equal(address_parse("URL", url, &address, &err), 0);
    if (connection_open(&address, NULL, limits, clock_deadline_ns(20000), &connection, &err) < 0)
        fail_msg("%s", err.msg);
    return connection;
}

static void send_words(struct connection *connection, const char *command, const char *key, const char *bytes,
                       size_t count) {
    struct args args;
    args_begin(&args, command);
    args_text(&args, key);
    if (bytes)
        args_bytes(&args, bytes, count);
    assert_int_equal(connection_send(connection, &args, clock_deadline_ns(20000), NULL), 0);
}

static void expect_status(struct connection *connection, const char *status) {
    auto_reply struct reply *reply = NULL;
    assert_int_equal(connection_receive(connection, clock_deadline_ns(20000), &reply, NULL), 0);
    assert_int_equal(reply->kind, REPLY_STATUS);
    assert_string_equal(reply->text, status);
}

static size_t receive_into(struct connection *connection, char *place, size_t room) {
    auto_reply struct reply *reply = NULL;
    size_t bytes = 0;
    struct err err;
    if (connection_receive_bytes(connection, place, room, clock_deadline_ns(20000), &bytes, &reply, &err) < 0)
        fail_msg("%s", err.msg);
    assert_null(reply);
    return bytes;
}

enum { CHUNKS = 24, CHUNK_BYTES = 300000 };

static void fill(char *chunk, size_t number) {
    for (size_t i = 0; i < CHUNK_BYTES; i++)
        chunk[i] = (char)(i * 7 + number * 31 + (i >> 8));
}

/* Chunks are larger than what a reply may have: the caller's room is the bound, not the connection's. */
static void b_chunks_go_out_and_come_back_many_at_once(void **state) {
    struct redis_server *server = *state;
    struct connection *connection = dial(server->url);
    auto_free char *chunk = malloc(CHUNK_BYTES), *found = malloc(CHUNK_BYTES);
    char key[32];
    for (size_t i = 0; i < CHUNKS; i++) {
        snprintf(key, sizeof key, "chunk:%zu", i);
        fill(chunk, i);
        send_words(connection, "SET", key, chunk, CHUNK_BYTES - i);
    }
    for (size_t i = 0; i < CHUNKS; i++)
        expect_status(connection, "OK");
    for (size_t i = 0; i < CHUNKS; i++) {
        snprintf(key, sizeof key, "chunk:%zu", i);
        send_words(connection, "GET", key, NULL, 0);
    }
    for (size_t i = 0; i < CHUNKS; i++) {
        fill(chunk, i);
        assert_int_equal(receive_into(connection, found, CHUNK_BYTES), CHUNK_BYTES - i);
        assert_memory_equal(found, chunk, CHUNK_BYTES - i);
    }
    connection_close(connection);
}

/* Replies so short that one read takes several, and one that hiredis has read ahead. */
static void b_short_texts_come_one_after_the_other(void **state) {
    struct redis_server *server = *state;
    struct connection *connection = dial(server->url);
    char place[16];
    static const char *const texts[] = {"", "a", "bc", "", "twelve bytes", "x"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char key[8];
        snprintf(key, sizeof key, "s%zu", i);
        send_words(connection, "SET", key, texts[i], strlen(texts[i]));
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_status(connection, "OK");
    send_words(connection, "TYPE", "s0", NULL, 0);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char key[8];
        snprintf(key, sizeof key, "s%zu", i);
        send_words(connection, "GET", key, NULL, 0);
    }
    expect_status(connection, "string");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t bytes = receive_into(connection, place, sizeof place);
        assert_int_equal(bytes, strlen(texts[i]));
        assert_memory_equal(place, texts[i], bytes);
    }
    connection_close(connection);
}

static void b_what_is_no_text_for_the_place_is_a_reply(void **state) {
    struct redis_server *server = *state;
    struct connection *connection = dial(server->url);
    char place[4];
    static const struct {
        const char *command, *key;
        enum reply_kind kind;
    } cases[] = {{"GET", "absent", REPLY_NIL}, {"GET", "long", REPLY_TEXT}, {"LLEN", "long", REPLY_ERROR}};
    send_words(connection, "SET", "long", "four+", 5);
    expect_status(connection, "OK");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        auto_reply struct reply *reply = NULL;
        size_t bytes = 0;
        send_words(connection, cases[i].command, cases[i].key, NULL, 0);
        uint64_t deadline_ns = clock_deadline_ns(20000);
        assert_int_equal(connection_receive_bytes(connection, place, sizeof place, deadline_ns, &bytes, &reply, NULL),
                         0);
        assert_non_null(reply);
        assert_int_equal(reply->kind, cases[i].kind);
    }
    connection_close(connection);
}

/* ---- liars ---- */

static void f_a_text_that_is_not_as_announced_is_an_error(void **state) {
    (void)state;
    static const struct {
        const char *bytes, *message; /* %s: the socket */
    } cases[] = {
        {"$3\r\nabcdef\r\n", "Redis at %s: a text of 3 bytes that is longer"},
        {"$5000\r\n", "Redis at %s: no answer in time"},
        {"$99999999999\r\n", "Redis at %s: no answer in time"},
        {"$9", "Redis at %s: no answer in time"},
        {"$4\r\nab", "Redis at %s: no answer in time"},
        {"$-2\r\n", "Redis at %s: a reply that cannot be read: Bulk string length out of range"},
        {"*65\r\n", "Redis at %s: a reply that cannot be read: more than 64 elements"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct redis_peer peer;
        char place[8], expected[ERR_MSG_BYTES];
        struct err err = {0};
        size_t bytes = 0;
        struct reply *reply = NULL;
        redis_peer_canned(&peer, cases[i].bytes, strlen(cases[i].bytes));
        struct connection *connection = dial(peer.url);
        send_words(connection, "GET", "k", NULL, 0);
        uint64_t deadline_ns = clock_deadline_ns(strstr(cases[i].message, "in time") ? 30 : 20000);
        assert_int_equal(connection_receive_bytes(connection, place, sizeof place, deadline_ns, &bytes, &reply, &err),
                         -1);
        // The format comes from the table above.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(expected, sizeof expected, cases[i].message, peer.socket);
#pragma GCC diagnostic pop
        assert_string_equal(err.msg, expected);
        connection_close(connection);
        redis_peer_stop(&peer);
    }
}

/* ---- one Redis for all ---- */

static struct redis_server shared;

static int start(void **state) {
    redis_server_start(&shared, false);
    *state = &shared;
    return 0;
}

static int stop(void **state) {
    redis_server_stop(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_an_address_is_a_socket_or_a_host),
        cmocka_unit_test(b_a_prefix_is_for_who_asks_for_it),
        cmocka_unit_test(f_an_address_that_is_wrong_says_how),
        cmocka_unit_test(b_chunks_go_out_and_come_back_many_at_once),
        cmocka_unit_test(b_short_texts_come_one_after_the_other),
        cmocka_unit_test(b_what_is_no_text_for_the_place_is_a_reply),
        cmocka_unit_test(f_a_text_that_is_not_as_announced_is_an_error),
    };
    return cmocka_run_group_tests_name("redis", tests, start, stop);
}
