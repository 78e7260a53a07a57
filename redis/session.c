// SPDX-License-Identifier: Apache-2.0
#include "redis/session.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "quern/clock.h"
#include "quern/own.h"
#include "redis/password.h"

enum { TIMEOUT_DEFAULT_MS = 5000 };

/* ---- one command ---- */

static int dial(struct session *session, uint64_t deadline_ns, struct err *err) {
    auto_password struct password file;
    const char *password = session->password;
    if (session->password_file) {
        TRY(password_read(session->password_file, &file, err));
        password = file.text;
    }
    return connection_open(&session->address, password, session->limits, deadline_ns, &session->connection, err);
}

int session_connect(struct session *session, uint64_t deadline_ns, struct connection **ret, struct err *err) {
    if (!session->connection) {
        TRY(dial(session, deadline_ns, err));
        session->connections++;
    }
    *ret = session->connection;
    return 0;
}

void session_drop(struct session *session) {
    connection_close(session->connection);
    session->connection = NULL;
}

// With a reply of kind REPLY_ERROR for a script that Redis does not know.
static int exchange(struct session *session, const struct args *args, uint64_t deadline_ns, struct reply **ret,
                    struct err *err) {
    struct connection *connection = NULL;
    auto_reply struct reply *reply = NULL;
    TRY(session_connect(session, deadline_ns, &connection, err));
    if (connection_call(connection, args, deadline_ns, &reply, err) < 0) {
        session_drop(session);
        return -1;
    }
    if (reply->kind == REPLY_ERROR && strncmp(reply->text, "NOSCRIPT", 8) != 0) {
        struct err refused = {0};
        connection_refuse(reply, session->what, &refused);
        // A new connection may find another server, and reads the password anew.
        if (patience_passes(&refused))
            session_drop(session);
        if (err)
            *err = refused;
        return -1;
    }
    *ret = steal_ptr(&reply);
    return 0;
}

int session_command(struct session *session, const struct args *args, uint64_t deadline_ns, struct reply **ret,
                    struct err *err) {
    auto_reply struct reply *reply = NULL;
    TRY(exchange(session, args, deadline_ns, &reply, err));
    if (reply->kind == REPLY_ERROR)
        return connection_refused(reply, session->what, err);
    *ret = steal_ptr(&reply);
    return 0;
}

/* ---- scripts ---- */

void script_begin(const struct script *script, const char *key, struct args *args) {
    args_begin(args, "EVALSHA");
    args_text(args, script->sha);
    args_text(args, "1");
    args_text(args, key);
}

// Nothing of a script was executed when its name is not known: loading it and asking again is always safe.
int session_load(struct session *session, const struct script *script, uint64_t deadline_ns, struct err *err) {
    auto_reply struct reply *reply = NULL;
    struct args args;
    args_begin(&args, "SCRIPT");
    args_text(&args, "LOAD");
    args_bytes(&args, (const char *)script->code, script->bytes);
    TRY(session_command(session, &args, deadline_ns, &reply, err));
    if (reply->kind != REPLY_TEXT || strcmp(reply->text, script->sha) != 0)
        return err_set(err, REASON_INFRA, "%s: Redis took the script %s under another name", session->what,
                       script->name);
    return 0;
}

int session_script(struct session *session, const struct script *script, const struct args *args, uint64_t deadline_ns,
                   struct reply **ret, struct err *err) {
    for (int round = 0; round < 2; round++) {
        auto_reply struct reply *reply = NULL;
        TRY(exchange(session, args, deadline_ns, &reply, err));
        if (reply->kind != REPLY_ERROR) {
            *ret = steal_ptr(&reply);
            return 0;
        }
        TRY(session_load(session, script, deadline_ns, err));
    }
    return err_set(err, REASON_UNREACHABLE, "%s: Redis forgot the script %s at once", session->what, script->name);
}

/* ---- patience ---- */

int session_patiently(struct session *session, session_attempt_fn *attempt, void *context, struct err *err) {
    struct patience_wait wait = patience_begin(&session->patience, session->patience_ms);
    struct err last = {0};
    bool stale = session->connection != NULL;
    do {
        uint64_t deadline_ns = clock_deadline_ns(session->timeout_ms);
        int result = attempt(session, context, deadline_ns, &last);
        if (result < 0 && stale && last.reason == REASON_UNREACHABLE && clock_now_ns() < deadline_ns)
            result = attempt(session, context, deadline_ns, &last);
        if (result == 0)
            return 0;
        stale = false;
    } while (patience_again(&wait, &last));
    if (err)
        *err = last;
    return -1;
}

/* ---- opening ---- */

int session_open(const struct session_options *options, struct session *ret, struct err *err) {
    struct session session = {
        .what = options->what,
        .timeout_ms = options->timeout_ms ? options->timeout_ms : TIMEOUT_DEFAULT_MS,
        .patience_ms = options->patience_ms,
        .patience = options->patience,
        .limits = options->limits,
    };
    char what[32];
    snprintf(what, sizeof what, "%s URL", options->what);
    TRY(address_parse(what, options->url, &session.address, err));
    const char *file = options->password_file && *options->password_file ? options->password_file : NULL;
    if (session.address.user[0] && !options->password && !file)
        return err_set(err, REASON_CONFIG, "%s: the user %s needs a password", what, session.address.user);
    session.password = options->password ? strdup(options->password) : NULL;
    session.password_file = file ? strdup(file) : NULL;
    if ((options->password && !session.password) || (file && !session.password_file)) {
        session_close(&session);
        return err_set(err, REASON_INFRA, "no memory for a password");
    }
    *ret = session;
    return 0;
}

void session_close(struct session *session) {
    session_drop(session);
    free(session->password);
    free(session->password_file);
    session->password = session->password_file = NULL;
}
