/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What quernd tells its workers and its keeper when it starts them: a plain struct in a sealed memory file (at
 * SUPERVISOR_FD_JOB and KEEPER_FD_SETTINGS). No secret stands in it: passwords are read from their files by those who
 * need them.
 *
 * Calling sequence: settings_write() in quernd, settings_read() in the program. Errors: REASON_CONFIG for settings of
 * another version of quern (the programs were replaced while quernd ran: restart it), REASON_BUG for a file that is none.
 */
#ifndef QUERN_SETTINGS_H
#define QUERN_SETTINGS_H

#include <stdint.h>

#include "quern/err.h"
#include "quern/queue.h"

#define SETTINGS_VERSION 3u
#define SETTINGS_MAX_QUEUES 16u
#define SETTINGS_TEXT_BYTES 1024

extern const char *const settings_durabilities[]; /* words of enum queue_durability, a NULL behind them */

enum settings_log_format { SETTINGS_LOG_TEXT, SETTINGS_LOG_JSON };
enum settings_log_level { SETTINGS_LOG_ERROR, SETTINGS_LOG_WARNING, SETTINGS_LOG_INFO, SETTINGS_LOG_DEBUG };

struct settings {
    uint32_t version;
    uint32_t queue_count;
    char queues[SETTINGS_MAX_QUEUES][QUEUE_NAME_BYTES]; /* in order of preference */
    uint32_t lease_ms;
    uint32_t durability; /* enum queue_durability: of results */
    char queue_url[SETTINGS_TEXT_BYTES];
    char queue_password_file[SETTINGS_TEXT_BYTES]; /* empty: none; its first line */
    char queue_key_file[SETTINGS_TEXT_BYTES];      /* empty: jobs need no signature */
    char store_url[SETTINGS_TEXT_BYTES];           /* empty: the default store of the user */
    char store_password_file[SETTINGS_TEXT_BYTES];
    uint64_t collect_ms;             /* how often the fleet collects the store; 0: never by itself */
    uint64_t keep_ms;                /* what nobody has touched for so long */
    char worker[QUEUE_WORKER_BYTES]; /* NAME:INDEX for a worker; NAME for the keeper */
    /* The keeper's own. */
    uint32_t worker_count;
    char environments[SETTINGS_TEXT_BYTES]; /* offered by this host, with commas between */
    char http_listen[SETTINGS_TEXT_BYTES];  /* empty: none; an absolute path, or ADDRESS:PORT */
    uint32_t log_format, log_level;
};

MUST_USE int settings_write(const struct settings *settings, int *ret_fd, struct err *err);
MUST_USE int settings_read(int fd, struct settings *ret, struct err *err);

#endif
